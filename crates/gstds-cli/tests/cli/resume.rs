//! Runs that are killed, stopped by Ctrl-C or left by a full disk, and resumed with `--resume`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::pictures;
use crate::program::{ProgramRun, entries, gstds, run_after};

/// Three steps an epoch, and a checkpoint after each or nearly so.
const TINY: &str = "train --dataset cifar10 --data data --batch 16 --method random --keep 0.5 \
    --learner resnet8-w2 --image-side 8 --decode-side 32 --reference-side 32 \
    --checkpoint-minutes 0.0001";

fn with_data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    pictures::cifar10(&folder.path().join("data"), 8);
    folder
}

fn train(folder: &Path, line: &str) -> Command {
    let mut command = gstds(folder);
    command
        .args(line.split_whitespace())
        .env("GSTDS_CACHE", folder.join("cache"));
    command
}

fn start(folder: &Path, line: &str) -> Child {
    let mut command = train(folder, line);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits for something that a run does before it ends.
#[track_caller]
pub(crate) fn until(run: &mut Child, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        let ended = run.try_wait().unwrap();
        assert!(ended.is_none() || done(), "it ended before that: {ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(120), "it never came");
        sleep(Duration::from_millis(2));
    }
}

/// Sends a signal to a run and waits for its end.
fn signalled(run: Child, signal: &str) -> ProgramRun {
    let pid = run.id().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status();
    assert!(sent.unwrap().success());
    run.wait_with_output().unwrap().into()
}

/// A run where no file may grow beyond this many KiB.
fn within(kibibytes: u64, folder: &Path, line: &str) -> ProgramRun {
    let setup = format!("trap '' XFSZ; ulimit -f {kibibytes}");
    run_after(&setup, folder, line)
}

/// A time that differs from run to run, below this many milliseconds.
fn a_while(most: u32) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let chosen = Duration::from_micros((now.unwrap().subsec_nanos() % (1000 * most)).into());
    eprintln!("killed after {chosen:?}");
    chosen
}

fn checkpoints(folder: &Path) -> Vec<String> {
    let folder = folder.join("parts/checkpoints");
    let mut names = if folder.is_dir() {
        entries(&folder)
    } else {
        vec![]
    };
    names.retain(|name| name.starts_with("step-"));
    names
}

/// What two runs must share: metrics without their seconds, kept rows, accuracies and counts.
fn trace(folder: &Path) -> (Vec<Value>, BTreeMap<String, String>, Vec<Value>) {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        for time in ["seconds", "working_seconds"] {
            line.as_object_mut().unwrap().remove(time);
        }
        line
    });
    let kept = folder.join("kept");
    let kept = entries(&kept)
        .into_iter()
        .map(|name| (name.clone(), fs::read_to_string(kept.join(&name)).unwrap()));
    let summary = fs::read_to_string(folder.join("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let shared = ["epoch_accuracies", "flops", "samples_kept", "steps"];
    let summary = shared.map(|key| summary[key].clone());
    (lines.collect(), kept.collect(), summary.to_vec())
}

#[track_caller]
fn assert_ends(folder: &Path, line: &str) {
    let run: ProgramRun = train(folder, line).output().unwrap().into();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(trace(&folder.join("parts")), trace(&folder.join("whole")));
    let names = entries(&folder.join("parts"));
    assert_eq!(
        names,
        entries(&folder.join("whole")),
        "nothing else is left"
    );
}

#[test]
fn a_run_that_meets_a_full_disk_or_is_killed_anywhere_ends_like_one_that_never_was() {
    let folder = with_data();
    let folder = folder.path();
    let flags = format!("{TINY} --epochs 2 --optimiser adamw --warmup 2 --clip norm:1");
    let whole = train(folder, &format!("{flags} --out whole")).output();
    let whole = ProgramRun::from(whole.unwrap());
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let line = format!("{flags} --out parts");
    let finished = || folder.join("parts/summary.json").exists();

    // Lines of metrics fit, and a checkpoint does not.
    within(16, folder, &line).fails(1, "writing parts/checkpoints/step-");
    assert!(checkpoints(folder).is_empty());
    let mut run = start(folder, &format!("{line} --resume"));
    sleep(a_while(1500));
    run.kill().unwrap();
    run.wait().unwrap();
    // A fast device may have ended it by then, here and below.
    let before = checkpoints(folder);
    let mut run = start(folder, &format!("{line} --resume"));
    until(&mut run, || checkpoints(folder) > before || finished());
    sleep(a_while(400));
    run.kill().unwrap();
    run.wait().unwrap();
    assert_ends(folder, &format!("{line} --resume"));

    let again = train(folder, "train --resume --out parts --json").output();
    let again = ProgramRun::from(again.unwrap());
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(again.stderr.contains("finished"), "{}", again.stderr);
    let stored = fs::read(folder.join("parts/summary.json")).unwrap();
    let stored: Value = serde_json::from_slice(&stored).unwrap();
    assert_eq!(again.stdout, format!("{stored}\n"));
}

/// What it learned of its rows is lost with the process, and taken from the checkpoint.
#[test]
fn a_guided_run_that_is_killed_keeps_the_rows_of_one_that_never_was() {
    let folder = with_data();
    let folder = folder.path();
    let tiny = TINY.replace("--method random", "--method guided");
    let flags = format!("{tiny} --epochs 3");
    let whole = train(folder, &format!("{flags} --out whole")).output();
    let whole = ProgramRun::from(whole.unwrap());
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let line = format!("{flags} --out parts");
    let mut run = start(folder, &line);
    until(&mut run, || checkpoints(folder).len() > 1);
    run.kill().unwrap();
    run.wait().unwrap();
    assert_ends(folder, &format!("{line} --resume"));
}

/// A run too long for any device to finish during the test.
#[test]
fn signals_leave_a_checkpoint_which_one_process_at_a_time_takes_up_and_a_full_disk_spares() {
    let folder = with_data();
    let folder = folder.path();
    let line = format!("{TINY} --epochs 100000 --out parts");
    let mut run = start(folder, &line);
    until(&mut run, || !checkpoints(folder).is_empty());
    let run = signalled(run, "-INT");
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    let way = "continue with: gstds train --resume --out parts";
    assert!(run.stderr.contains(way), "{}", run.stderr);

    let newest = checkpoints(folder);
    let mut run = start(folder, "train --resume --out parts");
    until(&mut run, || checkpoints(folder) != newest);
    let second = train(folder, "train --resume --out parts").output();
    ProgramRun::from(second.unwrap()).fails(1, "under way in another process");
    let run = signalled(run, "-TERM");
    assert_eq!(run.code, Some(143), "{}", run.stderr);
    assert!(run.stderr.contains(way), "{}", run.stderr);
    assert!(!folder.join("parts/summary.json").exists());

    let other = train(folder, &format!("{line} --resume --seed 7")).output();
    ProgramRun::from(other.unwrap()).fails(2, "seed is 7, not 0");
    let before = checkpoints(folder);
    // Room for lines of metrics and not for a checkpoint.
    let size = |name: &str| fs::metadata(folder.join("parts").join(name)).unwrap().len();
    let room = size("metrics.jsonl") / 1024 + 8;
    assert!(1024 * room < size(&format!("checkpoints/{}", before[0])));
    within(room, folder, "train --resume --out parts").fails(1, "writing parts/checkpoints/step-");
    assert_eq!(checkpoints(folder), before, "the last good ones are left");
}
