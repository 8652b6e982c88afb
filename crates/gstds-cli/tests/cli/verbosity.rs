//! Messages on stderr: quiet, verbose, in colour.

use std::path::Path;

#[cfg(feature = "train")]
use crate::program::entries;
use crate::program::{ProgramRun, fixture, gstds, matrix, run};

const SELECT: &str = "select --features f.npy --keep 0.5 --output k.csv --force --json";

fn with_features() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f.npy"), matrix(32, 16, fixture)).unwrap();
    folder
}

#[test]
fn quiet_leaves_errors_and_what_was_asked_for() {
    let folder = with_features();
    let json = |run: &ProgramRun| -> serde_json::Value {
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    };
    let loud = run(folder.path(), SELECT);
    assert!(loud.stderr.contains("kept 16"), "{}", loud.stderr);
    // The flag may stand before the command too, and is stronger than the variable.
    for line in [format!("{SELECT} -q"), format!("--quiet {SELECT}")] {
        let mut command = gstds(folder.path());
        command
            .args(line.split_whitespace())
            .env("RUST_LOG", "debug");
        let quiet: ProgramRun = command.output().unwrap().into();
        assert_eq!(quiet.stderr, "", "{line}");
        assert_eq!(json(&quiet)["kept"], json(&loud)["kept"]);
    }
    run(
        folder.path(),
        "select -q --features none.npy --keep 0.5 --output n.csv",
    )
    .fails(1, "reading none.npy failed");
}

#[test]
fn logs_are_off_until_asked_for_and_never_on_stdout() {
    let folder = with_features();
    let folder = folder.path();
    let logged = |line: &str, variable: &str| -> ProgramRun {
        let mut command = gstds(folder);
        command
            .args(line.split_whitespace())
            .env("RUST_LOG", variable);
        let run: ProgramRun = command.output().unwrap().into();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let _: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        run
    };
    let devices = "devices --json";
    assert_eq!(logged(devices, "").stderr, "");
    assert_eq!(logged(devices, "off").stderr, "");
    let verbose = logged("devices --json -v", "").stderr;
    assert!(
        verbose.contains(" DEBUG gstds::adapter: opened "),
        "{verbose}"
    );
    assert!(!verbose.contains(" DEBUG wgpu"), "{verbose}");
    let more = logged("devices --json -vvv", "").stderr;
    assert!(more.contains(" DEBUG wgpu"), "{more}");
    let of_one = logged(devices, "wgpu_core=debug").stderr;
    assert!(
        of_one.lines().all(|it| it.contains(" DEBUG wgpu_core")),
        "{of_one}"
    );
    assert!(!of_one.is_empty());
    let both = logged("devices --json -v", "gstds=off").stderr;
    assert!(!both.contains(" gstds::"), "{both}");
    let bad = logged(devices, "gstds=loud").stderr;
    assert!(
        bad.starts_with("warning: ignoring 'gstds=loud' in RUST_LOG"),
        "{bad}"
    );
}

#[test]
fn there_is_no_colour_outside_a_terminal() {
    let folder = with_features();
    for line in [
        SELECT,
        "--help",
        #[cfg(feature = "train")]
        "train --help",
        "trane",
        "bench --adapter Voodoo2",
        "devices",
    ] {
        let run = run(folder.path(), line);
        assert!(!run.stdout.contains('\x1b'), "{line}: {}", run.stdout);
        assert!(!run.stderr.contains('\x1b'), "{line}: {}", run.stderr);
    }
}

/// What a terminal shows of `line`, with `variables` set; none where there is no `script` to
/// emulate one.
#[cfg(target_os = "linux")]
fn on_a_terminal(folder: &Path, line: &str, variables: &[(&str, &str)]) -> Option<String> {
    let command = format!("{} {line}", env!("CARGO_BIN_EXE_gstds"));
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--command", &command, "/dev/null"]);
    script
        .current_dir(folder)
        .env("TERM", "xterm")
        .env_remove("NO_COLOR");
    script.env("GSTDS_CACHE", folder.join("cache"));
    script
        .envs(variables.iter().copied())
        .stdin(std::process::Stdio::null());
    match script.output() {
        Ok(output) => Some(ProgramRun::from(output).stdout),
        Err(error) => {
            eprintln!("SKIPPED: `script`, which emulates a terminal, does not start: {error}");
            None
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn terminals_get_colour_unless_no_color_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for line in [
        "select --features none.npy --keep 0.5 --output n.csv",
        #[cfg(feature = "train")]
        "report none",
        "trane",
        "--help",
    ] {
        let Some(coloured) = on_a_terminal(folder, line, &[]) else {
            return;
        };
        assert!(coloured.contains("\x1b["), "{line}: {coloured:?}");
        let plain = on_a_terminal(folder, line, &[("NO_COLOR", "1")]).unwrap();
        assert!(!plain.contains('\x1b'), "{line}: {plain:?}");
        assert!(plain.contains("error: ") || line == "--help", "{plain}");
    }
}

#[cfg(all(target_os = "linux", feature = "train"))]
#[test]
fn quiet_hides_progress_on_a_terminal_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    crate::pictures::folder(&folder.join("images"), &["a"], 1);
    let line = "features --images images --output f.npy --reference-side 32 --force";
    let Some(loud) = on_a_terminal(folder, line, &[]) else {
        return;
    };
    for part in [
        "images decoded 1/1",
        "1 image; their features take",
        "features computed 1/1",
    ] {
        assert!(loud.contains(part), "{part} is not in {loud:?}");
    }
    let quiet = on_a_terminal(folder, &format!("{line} --no-cache -q"), &[]).unwrap();
    assert_eq!(quiet, "");
    assert_eq!(entries(folder), ["cache", "f.npy", "images"]);
}
