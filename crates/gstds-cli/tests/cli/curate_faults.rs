//! `gstds select` when things go wrong: interrupts, full disks, images that are gone, races.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{ProgramRun, entries, fixture, gstds, matrix, run, run_after};
use crate::python::{has, python};

const LINE: &str = "select --features f.npy --list l.txt --images photos --keep 0.5";

/// Embeddings of `images` images of `bytes` bytes each, one of them with a name that is not UTF-8.
fn house(folder: &Path, images: usize, bytes: usize) {
    fs::write(folder.join("f.npy"), matrix(images, 8, fixture)).unwrap();
    let mut list = vec![];
    for image in 0..images {
        let mut name = format!("{}/{image}.png", image % 3).into_bytes();
        if image == 1 {
            name.push(0xff);
        }
        let path = folder.join("photos").join(OsStr::from_bytes(&name));
        if image == 2 {
            // Written in full, and below the root all the same.
            name = path.as_os_str().as_bytes().to_vec();
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![image as u8; bytes]).unwrap();
        list.extend(name);
        list.push(b'\n');
    }
    fs::write(folder.join("l.txt"), list).unwrap();
}

/// Files below a folder.
fn files(folder: &Path) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        count += if path.is_dir() { files(&path) } else { 1 };
    }
    count
}

fn start(folder: &Path, flags: &str) -> Child {
    let mut command = gstds(folder);
    command.args(format!("{LINE} {flags}").split_whitespace());
    command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn end(child: Child) -> ProgramRun {
    child.wait_with_output().unwrap().into()
}

#[test]
fn embeddings_with_a_list_make_a_folder_of_any_names() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    house(folder, 12, 100);
    let all = "select --features f.npy --list l.txt --images photos --count 12 --output k.csv";
    let pipe = folder.join("pipe.npy");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let line = "select --features pipe.npy --keep 0.5 --output k.csv";
    run(folder, line).fails(1, "not a regular file");
    fs::remove_file(pipe).unwrap();
    let first = run(folder, &format!("{all} --copy-to kept"));
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let table = fs::read_to_string(folder.join("k.csv")).unwrap();
    assert!(
        table.contains(",1/1.png\\xff,312f312e706e67ff\n"),
        "{table}"
    );
    if has("pandas") {
        let code = "import pandas, os; t = pandas.read_csv('k.csv')
p = [os.fsdecode(bytes.fromhex(b)) if isinstance(b, str) else p for p, b in zip(t.path, t.path_bytes)]
assert all(os.path.exists(os.path.join('photos', path)) for path in p), p";
        let read = python(folder, &["-c", code]);
        assert_eq!(read.code, Some(0), "{}", read.stderr);
    }
    // The table is a list of the same rows.
    let line = "select --features f.npy --list k.csv --images photos --count 12 --output again.csv";
    let again = run(folder, line);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(fs::read_to_string(folder.join("again.csv")).unwrap(), table);
    fs::remove_file(folder.join("again.csv")).unwrap();
    let odd = OsStr::from_bytes(b"kept/1/1.png\xff");
    assert_eq!(fs::read(folder.join(odd)).unwrap(), [1; 100]);
    assert_eq!(
        (files(&folder.join("kept")), files(&folder.join("photos"))),
        (12, 12)
    );
    assert_eq!(
        entries(folder),
        ["f.npy", "k.csv", "kept", "l.txt", "photos"]
    );
}

#[test]
fn inputs_are_neither_replaced_nor_lost() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    house(folder, 6, 10);
    let select = |flags: &str| run(folder, &format!("{LINE} --force {flags}"));
    select("--output k.csv --copy-to photos").fails(2, "which would be replaced");
    select("--output photos/k.csv --copy-to photos").fails(2, "which would be replaced");
    select("--output k.csv --copy-to k.csv").fails(2, "the same name");
    select("--output k.csv --copy-to l.txt").fails(1, "is not a folder");
    select("--output f.npy").fails(2, "is one of the inputs");
    fs::rename(folder.join("l.txt"), folder.join("l.csv")).unwrap();
    let line = "select --features f.npy --list l.csv --keep 0.5 --output l.csv --force";
    run(folder, line).fails(2, "is one of the inputs");
    fs::write(folder.join("out.txt"), "0/0.png\n../1.png\na\nb\nc\nd\n").unwrap();
    let line = "select --features f.npy --list out.txt --keep 0.5 --output k.csv --copy-to kept";
    run(folder, line).fails(2, "../1.png is not inside");
    assert_eq!(entries(folder), ["f.npy", "l.csv", "out.txt", "photos"]);
    assert_eq!(files(&folder.join("photos")), 6);
}

#[test]
fn an_image_that_is_gone_or_a_disk_that_is_full_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    house(folder, 6, 40_000);
    let line = format!("{LINE} --output k.csv --copy-to kept");
    let full = run_after("trap '' XFSZ; ulimit -f 16", folder, &line);
    full.fails(1, "nothing was left behind");
    assert_eq!(entries(folder), ["f.npy", "l.txt", "photos"]);
    fs::remove_dir_all(folder.join("photos/2")).unwrap();
    std::os::unix::fs::symlink("2", folder.join("photos/2")).unwrap();
    let all = "select --features f.npy --list l.txt --images photos --count 6 --output k.csv";
    run(folder, &format!("{all} --copy-to kept")).fails(1, "cannot put photos/2/2.png into kept");
    assert_eq!(entries(folder), ["f.npy", "l.txt", "photos"]);
}

#[test]
fn of_two_runs_into_one_folder_one_wins_whole() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    house(folder, 200, 10);
    let one = start(folder, "--output one.csv --copy-to kept");
    let other = start(folder, "--output other.csv --copy-to kept");
    let (one, other) = (end(one), end(other));
    let codes = [one.code, other.code];
    assert!(
        codes.contains(&Some(0)) && codes.contains(&Some(1)),
        "{} {}",
        one.stderr,
        other.stderr
    );
    assert_eq!(files(&folder.join("kept")), 100);
    let won = if one.code == Some(0) {
        "one.csv"
    } else {
        "other.csv"
    };
    assert_eq!(entries(folder), ["f.npy", "kept", "l.txt", won, "photos"]);
}

#[test]
fn a_run_that_is_stopped_leaves_the_old_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let images = 600;
    house(folder, images, 10);
    fs::create_dir(folder.join("kept")).unwrap();
    fs::write(folder.join("kept/old"), "old").unwrap();
    fs::write(folder.join("k.csv"), "old").unwrap();
    let mut new = 0;
    for (number, signal) in ["INT", "KILL", "INT", "KILL", "KILL"]
        .into_iter()
        .enumerate()
    {
        let left = half_filled(folder);
        assert!(
            left <= number,
            "{left} half-filled folders after {number} runs"
        );
        let child = start(folder, "--output k.csv --copy-to kept --force");
        // Once the folder is being filled, a little longer each time.
        let begun = Instant::now();
        while half_filled(folder) == left && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(15 * number as u64));
        let kill = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(child.id().to_string())
            .output();
        kill.unwrap();
        let run = end(child);
        let kept = files(&folder.join("kept"));
        let table = fs::read_to_string(folder.join("k.csv")).unwrap();
        match run.code {
            Some(0) => new += 1,
            code => assert_eq!(code, (signal == "INT").then_some(130), "{}", run.stderr),
        }
        let old = kept == 1 && folder.join("kept/old").exists();
        assert!(old || kept == images / 2, "{kept} files after {signal}");
        assert!(
            table == "old" || table.lines().count() == images + 1,
            "{table}"
        );
        if signal == "INT" && run.code == Some(130) {
            assert!(run.stderr.contains("nothing was written"), "{}", run.stderr);
        }
        assert_eq!(files(&folder.join("photos")), images);
    }
    assert!(new < 5, "no run was stopped");
    let last = end(start(folder, "--output k.csv --copy-to kept --force"));
    assert_eq!(last.code, Some(0), "{}", last.stderr);
    assert_eq!(files(&folder.join("kept")), images / 2);
}

/// Half-filled folders, under names of their own. Those of killed runs stay.
fn half_filled(folder: &Path) -> usize {
    let entries = entries(folder);
    entries
        .iter()
        .filter(|entry| entry.starts_with(".gstds-"))
        .count()
}

#[test]
fn a_selection_that_is_stopped_before_it_writes_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Enough rows for some seconds of work.
    fs::write(folder.join("f.npy"), matrix(4000, 64, fixture)).unwrap();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut command = gstds(folder);
        command.args([
            "select",
            "--features",
            "f.npy",
            "--keep",
            "0.5",
            "--output",
            "k.csv",
        ]);
        command.args(["--path", "dense", "--steps", "256"]);
        let child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(150));
        let mut kill = Command::new("kill");
        kill.arg(format!("-{signal}")).arg(child.id().to_string());
        assert!(kill.status().unwrap().success());
        let run = end(child);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(
            run.stderr.contains("error: stopped; nothing was written"),
            "{}",
            run.stderr
        );
        assert_eq!(entries(folder), ["f.npy"]);
    }
}
