//! Completions.

use std::path::Path;
use std::process::Command;

use crate::program::{ProgramRun, run};

/// The commands that there are, as the help lists them.
fn commands(folder: &Path) -> Vec<String> {
    let help = run(folder, "--help").stdout;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next());
    let names: Vec<_> = names
        .filter(|name| *name != "help")
        .map(String::from)
        .collect();
    let least = if cfg!(feature = "train") { 9 } else { 5 };
    assert!(names.len() >= least, "{help}");
    names
}

#[test]
fn every_shell_completes_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands(folder.path());
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = run(folder.path(), &format!("completions {shell}"));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{shell}");
        // Flags are written without their dashes for some shells.
        for word in commands
            .iter()
            .map(String::as_str)
            .chain(["verbose", "near-duplicates"])
        {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[cfg(unix)]
#[test]
fn bash_completes_as_its_script_says() {
    let folder = tempfile::tempdir().unwrap();
    let script = run(folder.path(), "completions bash").stdout;
    std::fs::write(folder.path().join("gstds.bash"), script).unwrap();
    let completed = |words: &str, last: &str| {
        let line = format!(
            "source gstds.bash; COMP_WORDS=(gstds {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _gstds gstds {last} gstds; printf '%s ' \"${{COMPREPLY[@]}}\""
        );
        let mut bash = Command::new("bash");
        bash.args(["-c", &line]).current_dir(folder.path());
        let run: ProgramRun = bash.output().unwrap().into();
        assert_eq!(run.stderr, "");
        run.stdout
    };
    assert_eq!(completed("sel", "sel"), "select ");
    assert_eq!(completed("select --coun", "--coun"), "--count ");
    #[cfg(feature = "train")]
    {
        assert_eq!(completed("tr", "tr"), "train ");
        assert_eq!(completed("train --max", "--max"), "--max-steps ");
    }
    assert_eq!(completed("devices --qui", "--qui"), "--quiet ");
}
