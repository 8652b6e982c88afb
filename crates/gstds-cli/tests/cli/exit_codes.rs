//! The exit codes, which scripts rely on; those of signals are held in `resume`.

use std::process::Stdio;

use crate::program::{ProgramRun, fixture, gstds, matrix};

#[test]
fn every_way_to_end_has_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("f.npy"), matrix(32, 16, fixture)).unwrap();
    std::fs::create_dir(folder.join("taken")).unwrap();
    let select = "select --features f.npy --keep 0.5 --output k.csv";
    let nothing = "select --features f.npy --keep 0 --output n.csv";
    let cases = [
        ("--version", 0),
        ("--help", 0),
        #[cfg(feature = "train")]
        ("train --help", 0),
        ("help select", 0),
        ("completions bash", 0),
        ("man pages", 0),
        ("devices", 0),
        (select, 0),
        (select, 1),
        ("select --features none.npy --keep 0.5 --output n.csv", 1),
        #[cfg(feature = "train")]
        ("train --out taken", 1),
        #[cfg(feature = "train")]
        ("train --resume --out taken", 2),
        #[cfg(feature = "train")]
        ("report none", 1),
        #[cfg(feature = "train")]
        ("features --images none --output n.npy", 1),
        ("", 2),
        ("trane", 2),
        ("devices --jsn", 2),
        ("devices --quiet --verbose", 2),
        ("completions tcsh", 2),
        ("man f.npy", 1),
        (nothing, 2),
        ("select --features f.npy --keep 0.5 --output k.txt", 2),
        (
            "select --features f.npy --keep 0.5 --output n.csv --tau -1",
            2,
        ),
        ("select --features f.npy --keep -1 --output n.csv", 2),
        ("bench --rows -1", 2),
        ("bench --adapter Voodoo2", 2),
        #[cfg(feature = "train")]
        ("train --schedule wavy --dry-run", 2),
        #[cfg(feature = "train")]
        ("train --dataset imagenet --dry-run", 2),
        #[cfg(feature = "train")]
        ("compare --resume --out none", 2),
    ];
    for (line, code) in cases {
        let run: ProgramRun = gstds(folder)
            .args(line.split_whitespace())
            .output()
            .unwrap()
            .into();
        assert_eq!(run.code, Some(code), "{line}: {}", run.stderr);
        assert_eq!(
            run.stderr.contains("error: "),
            code != 0 && !line.is_empty(),
            "{line}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_command_that_needs_an_adapter_says_that_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("f.npy"), matrix(32, 16, fixture)).unwrap();
    let lines = [
        "bench",
        #[cfg(feature = "train")]
        "compare",
        "devices",
        #[cfg(feature = "train")]
        "features --dataset fashion-mnist-5k --output n.npy",
        "select --features f.npy --keep 0.5 --output n.csv",
        #[cfg(feature = "train")]
        "train",
    ];
    for line in lines {
        let mut command = gstds(folder);
        command.args(line.split_whitespace());
        let run: ProgramRun = command
            .env("VK_DRIVER_FILES", "/none.json")
            .output()
            .unwrap()
            .into();
        assert_eq!(run.code, Some(3), "{line}: {}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_had_enough_ends_it_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    for line in ["completions zsh", "devices", "devices --json", "--help"] {
        let mut command = gstds(folder.path());
        command.args(line.split_whitespace());
        // Closed before the program starts.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let run: ProgramRun = child.wait_with_output().unwrap().into();
        assert_eq!((run.code, run.stderr.as_str()), (Some(141), ""), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for line in ["completions zsh", "devices", "--help", "--version"] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let mut command = gstds(folder.path());
        let run: ProgramRun = command
            .args(line.split_whitespace())
            .stdout(full)
            .output()
            .unwrap()
            .into();
        run.fails(1, "writing to stdout failed");
    }
}

#[cfg(not(feature = "train"))]
#[test]
fn a_command_of_the_other_build_says_what_to_build() {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        "train --keep 0.25",
        "compare",
        "report runs",
        "help features",
    ] {
        crate::program::run(folder.path(), line).fails(2, "needs Burn");
    }
}
