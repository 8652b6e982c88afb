use serde_json::Value;

use crate::program::{entries, run};

/// The smallest run there is: one batch, random rows, two steps of a tiny network.
const TINY: &str = "train --method random --batch 32 --epochs 1 --max-steps 2 --learner resnet8-w2";

#[test]
fn a_run_leaves_its_folder_and_reloads_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(
        folder.path(),
        &format!("{TINY} --keep 0.5 --seed 3 --out a --json"),
    );
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let summary: Value = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(
        (summary["steps"].as_u64(), summary["samples_seen"].as_u64()),
        (Some(2), Some(64))
    );
    assert_eq!(summary["samples_kept"], 32);
    assert_eq!(first.stderr.lines().count(), 1, "{}", first.stderr);
    let run_folder = folder.path().join("a");
    assert_eq!(
        entries(&run_folder),
        [
            "checkpoints",
            "config.toml",
            "kept",
            "metrics.jsonl",
            "summary.json"
        ]
    );
    let stored = std::fs::read(run_folder.join("summary.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&stored).unwrap(), summary);

    let again = run(folder.path(), "train --config a/config.toml --out b --json");
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["test_accuracy"], summary["test_accuracy"]);
    assert_eq!(again["schedule"], "constant:0.5");
}

#[test]
fn a_run_folder_that_exists_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("a")).unwrap();
    run(folder.path(), &format!("{TINY} --out a"))
        .fails(1, "a exists already; choose another folder");
    assert_eq!(entries(&folder.path().join("a")), [""; 0]);
}

#[test]
fn values_that_no_run_can_have_are_usage_errors() {
    let cases = [
        ("--keep 0", "keep ratio 0"),
        ("--schedule wavy", "wavy"),
        ("--schedule linear:2..1", "keep ratio 2"),
        (
            "--schedule linear:1..0.5 --keep 0.25",
            "--schedule linear:1..0.5 names its own ratios, so --keep 0.25",
        ),
        ("--schedule wave:1..0.5x4", "wave was removed"),
        (
            "--schedule constant:0.5+end:0.9",
            "write +final:0.1 for +end:0.9",
        ),
        ("--method jest --temperature -1", "temperature"),
        ("--method jest --temperature 0 --reweight", "temperature 0"),
        ("--dry-run --warmup 999", "warmup 999 must be below"),
        ("--batch 0", "0"),
        ("--imbalance 0", "imbalance is 0"),
        ("--duplicate 1", "duplicate is 1"),
        ("--label-noise -0.5", "label_noise is -0.5"),
        ("--epochs 0", "0"),
        ("--method best", "invalid value 'best'"),
        ("--learner vgg", "resnet8-w16"),
        ("--reference-side 20", "32 to 1024 pixels, not 20"),
        ("--dataset imagenet", "unknown data set 'imagenet'"),
        ("--adapter Voodoo2", "Voodoo2"),
    ];
    for (flags, sentence) in cases {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), &format!("train --out a {flags}")).fails(2, sentence);
        assert_eq!(entries(folder.path()), [""; 0], "{flags}");
    }
}

#[test]
fn a_dry_run_tells_what_would_be_kept_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let flags = "train --dry-run --method loss --batch 256 --epochs 4 \
                 --schedule linear:0.5..0.25+warmup:1+final:1";
    let table = run(folder.path(), flags);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    let lines: Vec<Vec<&str>> = table
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[1], ["epoch", "ratio", "kept", "share"]);
    // 19 batches of 256 and one of 136.
    assert_eq!(lines[2], ["1", "1.0000", "5000", "1.0000"]);
    assert_eq!(lines[3], ["2", "0.5000", "2500", "0.5000"]);
    assert_eq!(lines[4], ["3", "0.2500", "1250", "0.2500"]);
    assert_eq!(lines[5], ["4", "1.0000", "5000", "1.0000"]);
    let totals = "80 steps, 13750 of 20000 samples back-propagated, 0.6875 of full training";
    assert!(table.stdout.contains(totals), "{}", table.stdout);
    assert!(
        table.stdout.contains("10000 samples scored"),
        "{}",
        table.stdout
    );

    let json = run(folder.path(), &format!("{flags} --json"));
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["epochs"][2]["kept"], 1250);
    assert_eq!(
        (&json["kept"], &json["scored"]),
        (&13750.into(), &10000.into())
    );
    let flops = |what: &str| json["flops"][what].as_u64().unwrap();
    let sum = flops("forward") + flops("backward") + flops("scoring");
    assert_eq!(flops("scoring") * 13750, flops("forward") * 10000);
    assert!(sum < json["full_flops"].as_u64().unwrap());
    assert_eq!(entries(folder.path()), [""; 0], "nothing was written");

    // Ten classes of 500, the rarest of which keeps a hundredth.
    let tail = run(folder.path(), &format!("{flags} --imbalance 0.01 --json"));
    let tail: Value = serde_json::from_str(&tail.stdout).unwrap();
    let images = (0..10).map(|c| (500.0 * 0.01_f64.powf(f64::from(c) / 9.0)).round());
    assert_eq!(tail["images"].as_f64(), Some(images.sum()));
}

#[test]
fn a_configuration_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.toml"), "epochs = many").unwrap();
    run(folder.path(), "train --config c.toml --out a").fails(1, "c.toml");
    run(folder.path(), "train --config none.toml --out a").fails(1, "none.toml");
    assert_eq!(entries(folder.path()), ["c.toml"]);
}

#[test]
fn a_dry_run_refuses_what_the_run_would() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("taken")).unwrap();
    for (flags, code, words) in [
        ("--method gstds --reference resnet18", 2, "--weights"),
        ("--method gstds --reference-side 8", 2, "32 to 1024"),
        (
            "--learner resnet18 --init none.safetensors",
            1,
            "none.safetensors",
        ),
        (
            "--seed 9223372036854775808",
            2,
            "at most 9223372036854775807",
        ),
        ("--epochs 1000001", 2, "at most 1000000"),
        ("--out taken", 1, "taken exists already"),
    ] {
        let line = format!("train --method random --batch 32 --dry-run {flags}");
        let line = match flags.contains("--method") {
            true => line.replace("--method random ", ""),
            false => line,
        };
        run(folder, &line).fails(code, words);
    }
    let last = "compare --methods random --seeds 2 --seed 9223372036854775807 --dry-run";
    run(folder, last).fails(2, "choose a lower seed");
}
