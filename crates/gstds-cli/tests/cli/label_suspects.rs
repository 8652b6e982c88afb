//! Rows whose labels are unlikely: `gstds select --label-suspects`, and `gstds inspect`.

use std::fs;

use serde_json::Value;

use crate::program::{fixture, matrix, run};

/// Sixty rows about four directions, of which row i has the (i mod 4)-th.
fn grouped(row: usize, column: usize) -> f64 {
    let own = if column % 4 == row % 4 { 1.0 } else { 0.1 };
    own + fixture(row, column) * 0.2
}

const WRONG: [usize; 3] = [5, 18, 43];

fn pool() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("f.npy"), matrix(60, 16, grouped)).unwrap();
    let label = |row: usize| match WRONG.contains(&row) {
        true => (row + 1) % 4,
        false => row % 4,
    };
    let labels: String = (0..60).map(|row| format!("kind{}\n", label(row))).collect();
    fs::write(folder.path().join("l.txt"), labels).unwrap();
    folder
}

#[test]
fn wrong_labels_are_listed_and_have_the_largest_losses() {
    let folder = pool();
    let folder = folder.path();
    let line = "select --features f.npy --labels l.txt --label-suspects --rule random --count 9";
    let done = run(folder, &format!("{line} --output k.json"));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let found: Value = serde_json::from_slice(&fs::read(folder.join("k.json")).unwrap()).unwrap();
    let mut suspects: Vec<usize> = serde_json::from_value(found["label_suspects"].clone()).unwrap();
    suspects.sort_unstable();
    assert_eq!(suspects, WRONG);
    assert_eq!(found["label_suspect_rows"], WRONG.len());
    let said = &done.stderr;
    assert!(said.contains("· 3 label suspects"), "{said}");

    let done = run(folder, &format!("{line} --output k.csv"));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let table = fs::read_to_string(folder.join("k.csv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(
        lines.next(),
        Some("index,score,kept,valid,label_loss,label,likely_label")
    );
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let suspects = lines.iter().filter(|cells| cells[5] != cells[6]);
    let rows: Vec<usize> = suspects.map(|cells| cells[0].parse().unwrap()).collect();
    assert_eq!(rows, WRONG);
    let losses: Vec<f64> = lines
        .iter()
        .map(|cells| cells[4].parse().unwrap())
        .collect();
    let mut order: Vec<usize> = (0..60).collect();
    order.sort_by(|&a, &b| losses[b].total_cmp(&losses[a]));
    order[3..]
        .iter()
        .for_each(|row| assert!(!WRONG.contains(row)));
}

#[test]
fn an_inspection_names_them() {
    let folder = pool();
    let line = "inspect --features f.npy --labels l.txt --label-suspects --out look.html --json";
    let done = run(folder.path(), line);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let found: Value = serde_json::from_str(&done.stdout).unwrap();
    let suspects = found["facts"]["label_suspects"].as_array().unwrap();
    assert_eq!(suspects.len(), WRONG.len());
    for suspect in suspects {
        let row = suspect["row"].as_u64().unwrap();
        assert_eq!(suspect["likely"], format!("kind{}", row % 4));
        assert_eq!(suspect["label"], format!("kind{}", (row + 1) % 4));
    }
    let page = fs::read_to_string(folder.path().join("look.html")).unwrap();
    assert!(page.contains("Label suspects: 3 of 60 rows"));
    let line = line.replace("look.html --json", "again.html");
    let text = run(folder.path(), &line).stdout;
    assert!(text.contains("label suspects   3\n"), "{text}");
    let alike = &found["facts"]["near_duplicates"];
    let line = format!(
        "near-duplicates  {} in {} groups\n",
        alike["rows"], alike["groups"]
    );
    assert!(text.contains(&line), "{text}");
}

#[test]
fn labels_and_their_flags_need_each_other() {
    let folder = pool();
    let folder = folder.path();
    let select = "select --features f.npy --count 4 --output k.csv";
    run(folder, &format!("{select} --label-suspects")).fails(2, "give --labels FILE");
    run(folder, &format!("{select} --labels l.txt")).fails(2, "required arguments");
    fs::write(folder.join("l.txt"), "one\n".repeat(60)).unwrap();
    run(folder, &format!("{select} --labels l.txt --label-suspects"))
        .fails(2, "all rows are of one class");
}
