//! Runs that are killed, stopped by Ctrl-C or left by a full disk, and go on with `--resume`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::pictures;
use crate::program::{Run, entries, gstds};

/// Six steps in two epochs.
const TINY: &str = "train --dataset cifar10 --data data --batch 16 --epochs 2 --keep 0.5 \
    --learner resnet8-w2 --image-side 8 --decode-side 32 --reference-side 32";

/// A data set, and a run of these flags that is never stopped.
fn whole(flags: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    pictures::cifar10(&folder.path().join("data"), 8);
    let flags = format!("{TINY} {flags}");
    let run: Run = train(folder.path(), &format!("{flags} --out whole"))
        .output()
        .unwrap()
        .into();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    (folder, format!("{flags} --out parts"))
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

/// Waits for something that a run does.
#[track_caller]
fn until(run: &mut Child, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    // A fast device may have ended it.
    while !done() && run.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it never came");
        sleep(Duration::from_millis(2));
    }
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
    let run: Run = train(folder, line).output().unwrap().into();
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
fn a_run_that_is_killed_anywhere_or_meets_a_full_disk_ends_like_one_that_never_was() {
    let (folder, line) = whole("--method random --optimiser adamw --warmup 2 --clip norm:1");
    let folder = folder.path();
    let mut run = start(folder, &format!("{line} --checkpoint-minutes 0.0001"));
    until(&mut run, || folder.join("parts/config.toml").exists());
    sleep(a_while(500));
    run.kill().unwrap();
    run.wait().unwrap();
    let before = checkpoints(folder);

    // No file may grow beyond 16 KiB, which lines of metrics do not and a checkpoint does.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 16; exec {} train --resume --out parts",
        env!("CARGO_BIN_EXE_gstds")
    );
    let mut shell = Command::new("bash");
    shell.args(["-c", &limited]).current_dir(folder);
    let shell = shell.env("MESA_SHADER_CACHE_DISABLE", "true").output();
    Run::from(shell.unwrap()).fails(1, "writing parts/checkpoints/step-");
    assert_eq!(checkpoints(folder), before, "the last good ones are left");

    let resume = format!("{line} --resume --checkpoint-minutes 0.0001");
    let mut run = start(folder, &resume);
    until(&mut run, || checkpoints(folder) > before);
    sleep(a_while(400));
    run.kill().unwrap();
    run.wait().unwrap();
    assert_ends(folder, &resume);
}

#[test]
fn ctrl_c_leaves_a_checkpoint_and_one_process_at_a_time_goes_on() {
    let (folder, line) = whole("--method gstds");
    let folder = folder.path();
    let mut run = start(folder, &format!("{line} --checkpoint-minutes 0.0001"));
    until(&mut run, || !checkpoints(folder).is_empty());
    let pid = run.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.unwrap().success());
    let run: Run = run.wait_with_output().unwrap().into();
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    let way = "continue with: gstds train --resume --out parts";
    assert!(run.stderr.contains(way), "{}", run.stderr);
    assert!(!folder.join("parts/summary.json").exists());

    let mut run = start(folder, "train --resume --out parts");
    let second = || -> Run {
        train(folder, "train --resume --out parts")
            .output()
            .unwrap()
            .into()
    };
    let newest = checkpoints(folder);
    until(&mut run, || checkpoints(folder) != newest);
    second().fails(1, "under way in another process");
    run.kill().unwrap();
    run.wait().unwrap();
    let other = train(folder, &format!("{line} --resume --seed 7")).output();
    Run::from(other.unwrap()).fails(2, "seed is 7, not 0");
    assert_ends(folder, &format!("{line} --resume"));
    let again = second();
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(again.stderr.contains("finished"), "{}", again.stderr);
}
