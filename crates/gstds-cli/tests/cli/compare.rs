//! `gstds compare`: comparisons at equal cost, and those that are killed or extended.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::pictures;
use crate::program::{ProgramRun, gstds, run_cached};
use crate::resume::until;

/// Three steps an epoch of a tiny network.
const TINY: &str = "compare --dataset cifar10 --data data --batch 16 --epochs 2 \
    --learner resnet8-w2 --image-side 8 --decode-side 32 --reference-side 32 --json";

fn compare(folder: &Path, flags: &str) -> ProgramRun {
    run_cached(folder, &format!("{TINY} {flags}"))
}

#[track_caller]
fn outcome(run: &ProgramRun) -> Value {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The lines of a run without its seconds.
fn metrics(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let object = line.as_object_mut().unwrap();
        object.retain(|key, _| !key.contains("seconds"));
        line
    });
    lines.collect()
}

#[test]
fn runs_of_a_seed_share_weights_and_order_and_a_killed_comparison_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    pictures::cifar10(&folder.join("data"), 8);
    // `random` keeps all rows here, so it differs from `full` only if weights or order do.
    let flags = "--methods full,random --keep 1 --seeds 2 --out both";
    let mut child = gstds(folder)
        .args(TINY.split_whitespace().chain(flags.split_whitespace()))
        .env("GSTDS_CACHE", folder.join("cache"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let first = folder.join("both/runs/full/seed-0/summary.json");
    until(&mut child, || first.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let before = fs::read(&first).unwrap();

    let resumed = compare(folder, "--resume --out both");
    let json = outcome(&resumed);
    assert!(
        resumed.stderr.contains("1/4 full seed 0 · finished before"),
        "{}",
        resumed.stderr
    );
    assert_eq!(fs::read(&first).unwrap(), before, "it was not run again");
    let of = |method: &str, seed: u64| {
        let run = format!("both/runs/{method}/seed-{seed}");
        metrics(&folder.join(run))
    };
    assert_eq!(of("full", 0), of("random", 0));
    assert_eq!(of("full", 1), of("random", 1));
    assert_ne!(of("full", 0), of("full", 1));
    assert_eq!(json["comparison"]["baseline"], "random");
    assert_eq!(
        json["comparison"]["rows"][0]["difference"]["difference"],
        0.0
    );
    let message = json["comparison"]["verdicts"][0].as_str().unwrap();
    assert!(
        message.contains("full is not distinguishable from random"),
        "{message}"
    );
    let stored = fs::read(folder.join("both/summary.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&stored).unwrap(), json);

    let page = fs::read_to_string(folder.join("both/report.html")).unwrap();
    assert!(page.contains("full is not distinguishable from random"));

    let other = run_cached(folder, "compare --resume --out both --batch 8");
    other.fails(2, "batch is 8, not 16");
    let taken = compare(folder, "--out both");
    taken.fails(1, "both exists already; choose another folder");
    compare(folder, "--resume --out none").fails(2, "no comparison to resume");
}

#[test]
fn a_budget_is_spent_and_not_exceeded() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    pictures::cifar10(&folder.join("data"), 8);
    let flags = "--methods full,random,loss --keep 0.25 --dry-run --free-reference";
    let table = |budget: &str| outcome(&compare(folder, &format!("{flags} --budget {budget}")));
    let samples = table("samples");
    let amount = samples["amount"].as_f64().unwrap();
    for method in samples["allotments"].as_array().unwrap() {
        let spent = method["samples"].as_f64().unwrap();
        assert!(spent <= amount && spent > amount - 16.0, "{method}");
    }
    let flops = table("flops");
    let amount = flops["amount"].as_f64().unwrap();
    let spent = |method: usize, key: &str| flops["allotments"][method][key].as_f64().unwrap();
    assert_eq!(spent(1, "flops"), amount, "random rows are the measure");
    assert!(spent(0, "flops") <= amount && spent(2, "flops") <= amount);
    // Scoring a whole batch costs more than training on a quarter of it.
    assert!(spent(2, "steps") < 0.6 * spent(1, "steps"), "{flops}");
    let poor = compare(folder, "--methods gstds --budget flops --dry-run");
    poor.fails(2, "the reference alone costs");
    // What is advised works in the folder that the refused comparison named.
    let refused = compare(folder, "--methods gstds --budget flops --out refused");
    refused.fails(2, "or set `free_reference`");
    assert!(!folder.join("refused").exists(), "nothing is left");
    let again = "--methods gstds --budget flops --out refused --free-reference";
    assert_eq!(outcome(&compare(folder, again))["free_reference"], true);
}

#[test]
fn pilots_of_a_budget_of_time_do_not_diverge_where_the_runs_would() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    pictures::cifar10(&folder.join("data"), 8);
    let flags = "--methods random,loss --seeds 1 --learning-rate 1e30";
    let planned = outcome(&compare(
        folder,
        &format!("{flags} --budget time --dry-run"),
    ));
    for method in planned["allotments"].as_array().unwrap() {
        assert!(method["steps"].as_u64().unwrap() > 0, "{method}");
    }
    let run = compare(folder, &format!("{flags} --out runs"));
    assert!(run.stderr.contains("training diverged"), "{}", run.stderr);
}
