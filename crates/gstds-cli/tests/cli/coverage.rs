//! `gstds select` by the rules that cover a pool.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{ProgramRun, fixture, matrix, npy, run};

const RULES: [&str; 3] = ["medoids", "facility-location", "k-center"];

/// Runs a selection that must succeed.
fn select(folder: &Path, flags: &str) -> ProgramRun {
    let run = run(folder, &format!("select --features f.npy --force {flags}"));
    assert_eq!(run.code, Some(0), "{flags}: {}", run.stderr);
    run
}

/// What a selection with these flags keeps.
fn kept(folder: &Path, flags: &str) -> Vec<usize> {
    select(folder, &format!("{flags} --output k.json"));
    let text = fs::read(folder.join("k.json")).unwrap();
    let mut found: Value = serde_json::from_slice(&text).unwrap();
    serde_json::from_value(found["indices"].take()).unwrap()
}

/// Sixty rows about four directions, of which row i has the (i mod 4)-th.
fn grouped(row: usize, column: usize) -> f64 {
    let own = if column % 4 == row % 4 { 1.0 } else { 0.1 };
    own + fixture(row, column) * 0.2
}

fn groups(rows: &[usize]) -> Vec<usize> {
    let mut groups: Vec<usize> = rows.iter().map(|row| row % 4).collect();
    groups.sort_unstable();
    groups
}

fn pool() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("f.npy"), matrix(60, 16, grouped)).unwrap();
    folder
}

#[test]
fn each_rule_keeps_a_row_of_each_group() {
    let folder = pool();
    for rule in RULES {
        let rows = kept(folder.path(), &format!("--rule {rule} --count 4"));
        assert_eq!(groups(&rows), [0, 1, 2, 3], "{rule}: {rows:?}");
        assert!(rows.is_sorted());
    }
}

/// In every form of file, and so that the rows given need no company.
#[test]
fn rows_are_kept_beside_those_chosen_already() {
    let folder = pool();
    let folder = folder.path();
    fs::write(folder.join("a.txt"), "5\n18\n").unwrap();
    fs::write(folder.join("a.json"), r#"{"indices": [5, 18]}"#).unwrap();
    let numbers: Vec<u8> = [5_i64, 18]
        .iter()
        .flat_map(|row| row.to_le_bytes())
        .collect();
    fs::write(folder.join("a.npy"), npy("<i8", "(2,)", &numbers)).unwrap();
    for rule in RULES {
        let mut found = Vec::new();
        for file in ["a.txt", "a.json", "a.npy"] {
            let flags = format!("--rule {rule} --count 2 --already {file}");
            found.push(kept(folder, &flags));
        }
        // Rows 5 and 18 are of the groups 1 and 2.
        assert_eq!(groups(&found[0]), [0, 3], "{rule}");
        assert!(
            found.windows(2).all(|two| two[0] == two[1]),
            "{rule}: {found:?}"
        );
    }
    // A selection that is written is what the next one adds to.
    select(
        folder,
        "--rule facility-location --count 3 --order rank --output first.json",
    );
    let more = kept(
        folder,
        "--rule facility-location --count 3 --order rank --already first.json",
    );
    let all = kept(folder, "--rule facility-location --count 6 --order rank");
    assert_eq!(more, all[3..]);
    let summary = select(
        folder,
        "--rule k-center --count 2 --already a.txt --output k.csv --json",
    );
    let summary: Value = serde_json::from_str(&summary.stdout).unwrap();
    assert_eq!(summary["already"], 2);
    assert!(summary["objective"].as_f64().unwrap() > 0.0);
}

/// Rows 60 to 63 copy rows 0 to 3, of which two were chosen before.
#[test]
fn copies_of_rows_chosen_already_are_dropped() {
    let folder = pool();
    let folder = folder.path();
    let copied = |row, column| grouped(row % 60, column);
    fs::write(folder.join("f.npy"), matrix(64, 16, copied)).unwrap();
    fs::write(folder.join("a.txt"), "62\n1\n").unwrap();
    for rule in RULES {
        let all = "--count 58 --already a.txt --drop-near-duplicates 0.9999999";
        let rows = kept(folder, &format!("--rule {rule} {all}"));
        // Of the pairs without a row chosen before the first one is left.
        let expected: Vec<usize> = (0..60).filter(|row| ![1, 2].contains(row)).collect();
        assert_eq!(rows, expected, "{rule}");
    }
    let line = "select --features f.npy --force --rule medoids --count 59 --already a.txt --drop-near-duplicates 0.9999999 --output k.json";
    run(folder, line).fails(2, "keep at most 58");
}

#[test]
fn a_ratio_is_one_of_all_rows_whether_duplicates_are_dropped_or_not() {
    let folder = pool();
    let chosen: String = (0..20).map(|row| format!("{row}\n")).collect();
    fs::write(folder.path().join("a.txt"), chosen).unwrap();
    for rule in RULES {
        let flags = format!("--rule {rule} --keep 0.5 --already a.txt");
        let rows = kept(folder.path(), &flags);
        assert_eq!(rows.len(), 30, "{rule}");
        let dropping = format!("{flags} --drop-near-duplicates 0.9999999");
        assert_eq!(kept(folder.path(), &dropping), rows, "{rule}");
    }
    let line = "select --features f.npy --rule k-center --count 41 --already a.txt --force --output k.json";
    run(folder.path(), line).fails(
        2,
        "and 40 of the 60 rows there are have not been chosen before",
    );
}

#[test]
fn any_first_rows_of_a_greedy_order_are_a_selection() {
    let folder = pool();
    for rule in ["facility-location", "k-center"] {
        let ten = kept(
            folder.path(),
            &format!("--rule {rule} --count 10 --order rank"),
        );
        let three = kept(
            folder.path(),
            &format!("--rule {rule} --count 3 --order rank"),
        );
        assert_eq!(three, ten[..3], "{rule}");
    }
}

#[test]
fn parts_are_covered_each_as_if_alone() {
    let folder = pool();
    let folder = folder.path();
    let labels: String = (0..60).map(|row| format!("{}\n", row / 30)).collect();
    fs::write(folder.join("l.txt"), labels).unwrap();
    fs::write(folder.join("a.txt"), "31\n").unwrap();
    for rule in RULES {
        let both = kept(folder, &format!("--rule {rule} --count 8 --batch 30"));
        let by_class = kept(
            folder,
            &format!("--rule {rule} --count 8 --by-class equal --labels l.txt"),
        );
        assert_eq!(both, by_class, "{rule}");
        let (first, second) = both.split_at(4);
        assert!(first.iter().all(|row| *row < 30), "{rule}");
        assert_eq!(
            (groups(first), groups(second)),
            (vec![0, 1, 2, 3], vec![0, 1, 2, 3]),
            "{rule}"
        );
        // Shares are of the rows that are left.
        let flags = format!("--rule {rule} --count 8 --batch 30 --already a.txt");
        let beside = kept(folder, &flags);
        assert_eq!(beside.len(), 8, "{rule}");
        assert!(!beside.contains(&31), "{rule}");
    }
}

#[test]
fn flags_that_have_no_effect_are_refused() {
    let folder = pool();
    let folder = folder.path();
    fs::write(folder.join("a.txt"), "60\n").unwrap();
    fs::write(folder.join("b.txt"), "index,score,kept\n").unwrap();
    let cases = [
        (
            "--rule quantile --already a.txt",
            2,
            "use --rule medoids, facility-location or k-center",
        ),
        (
            "--rule signed --vectors 4",
            2,
            "--vectors has no effect under --rule signed",
        ),
        (
            "--rule k-center --vectors 4",
            2,
            "--vectors is for --rule medoids",
        ),
        ("--rule medoids --vectors 33", 2, "33 is not in 2..=32"),
        ("--rule medoids --already a.txt", 2, "numbered 0 to 59"),
        (
            "--rule medoids --already b.txt",
            1,
            "write one row number per line",
        ),
    ];
    for (flags, code, message) in cases {
        let line = format!("select --features f.npy --count 4 --output k.json {flags}");
        let run = run(folder, &line);
        assert_eq!(run.code, Some(code), "{flags}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{flags}: {}", run.stderr);
    }
    assert!(!folder.join("k.json").exists());
}

#[test]
fn a_dry_run_states_the_memory_of_each_rule() {
    let folder = pool();
    for rule in RULES {
        let flags = format!("--rule {rule} --count 4 --output k.json --dry-run --json");
        let forecast: Value = serde_json::from_str(&select(folder.path(), &flags).stdout).unwrap();
        assert_eq!(forecast["kept"], 4, "{rule}");
        assert!(forecast["workspace_bytes"].as_u64().unwrap() > 0, "{rule}");
    }
}

#[test]
fn what_is_advised_where_a_selection_is_refused_can_be_followed() {
    let folder = pool();
    let folder = folder.path();
    let refused = |flags: &str, code, words: &str| {
        let line = format!("select --features f.npy --output k.json --force {flags}");
        run(folder, &line).fails(code, words);
    };
    refused("--rule medoids --path fused --count 4", 2, "use path auto");
    refused(
        "--rule medoids --solver power --count 4",
        2,
        "use solver lanczos",
    );
    let all: Vec<String> = (0..60).map(|row| row.to_string()).collect();
    fs::write(folder.join("all.txt"), all.join("\n")).unwrap();
    let flags = "--rule k-center --already all.txt --count 5";
    refused(flags, 2, "leave some out of those chosen before");

    fs::write(folder.join("f.npy"), matrix(8000, 4, fixture)).unwrap();
    let flags = "select --features f.npy --rule medoids --affinity clamp --count 100 --output k.json --force --dry-run";
    let clamp = run(folder, flags);
    // A device with large buffers holds the matrix.
    if clamp.code != Some(0) {
        clamp.fails(1, "--storage half");
        select(
            folder,
            "--rule medoids --affinity clamp --count 100 --output k.json --dry-run --storage half",
        );
    }
}
