use std::path::Path;

use serde_json::Value;

use crate::program::{entries, fixture, matrix, npy, run};

fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

fn fixture_file(folder: &Path, rows: usize, features: usize) {
    std::fs::write(folder.join("f.npy"), matrix(rows, features, fixture)).unwrap();
}

#[test]
fn the_known_rows_of_the_fixture_are_kept() {
    let cases = [
        (
            "--rule signed --laplacian sym",
            0.828_918,
            "[7,13,14,15,21,22,23,30]",
        ),
        (
            "--rule signed --laplacian un",
            19.940_037,
            "[7,13,14,15,21,22,23,30]",
        ),
        (
            "--rule quantile --order rank",
            0.828_918,
            "[22,13,31,16,2,19,20,4]",
        ),
        (
            "--rule signed --solver power",
            0.828_918,
            "[7,13,14,15,21,22,23,30]",
        ),
    ];
    for (flags, lambda2, indices) in cases {
        let folder = tempfile::tempdir().unwrap();
        fixture_file(folder.path(), 32, 16);
        let line = format!("select --features f.npy --count 8 --output k.json {flags}");
        let run = run(folder.path(), &line);
        assert_eq!(run.code, Some(0), "{flags}: {}", run.stderr);
        let kept = json(folder.path(), "k.json");
        assert_eq!(kept["indices"].to_string(), indices, "{flags}");
        let found = kept["lambda2"].as_f64().unwrap();
        assert!((found / lambda2 - 1.0).abs() < 1e-5, "{flags}: λ2 {found}");
    }
}

#[test]
fn csv_has_one_line_per_row_and_npy_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    fixture_file(folder.path(), 64, 32);
    for name in ["k.csv", "k.npy", "k.json"] {
        let line = format!("select --features f.npy --keep 0.25 --output {name}");
        assert_eq!(run(folder.path(), &line).code, Some(0), "{name}");
    }
    let csv = std::fs::read_to_string(folder.path().join("k.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("index,score,kept,valid"));
    let mut kept = Vec::new();
    for (index, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!((cells.len(), cells[3]), (4, "1"), "{line}");
        assert_eq!(cells[0], index.to_string());
        assert!(cells[1].parse::<f32>().unwrap().is_finite(), "{line}");
        match cells[2] {
            "1" => kept.push(index as u64),
            cell => assert_eq!(cell, "0", "{line}"),
        }
    }
    assert_eq!(csv.lines().count(), 65);
    assert_eq!(kept.len(), 16);
    let listed: Vec<u64> =
        serde_json::from_value(json(folder.path(), "k.json")["indices"].take()).unwrap();
    assert_eq!(listed, kept);
    let npy = std::fs::read(folder.path().join("k.npy")).unwrap();
    let values = npy[npy.len() - 8 * 16..].chunks(8);
    let stored: Vec<u64> = values
        .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    assert_eq!(stored, kept);
    assert_eq!(
        entries(folder.path()),
        ["f.npy", "k.csv", "k.json", "k.npy"]
    );
}

#[test]
fn scores_order_the_rows_that_signed_keeps() {
    let folder = tempfile::tempdir().unwrap();
    fixture_file(folder.path(), 64, 32);
    let line = "select --features f.npy --count 20 --rule signed --output k.csv";
    assert_eq!(run(folder.path(), line).code, Some(0));
    let csv = std::fs::read_to_string(folder.path().join("k.csv")).unwrap();
    let of = |mark: &str| -> Vec<f32> {
        let lines = csv.lines().skip(1).filter(|line| line.ends_with(mark));
        lines
            .map(|line| line.split(',').nth(1).unwrap().parse().unwrap())
            .collect()
    };
    let lowest_kept = of(",1").into_iter().fold(f32::INFINITY, f32::min);
    let highest_left = of(",0").into_iter().fold(f32::NEG_INFINITY, f32::max);
    assert!(
        lowest_kept >= highest_left,
        "{lowest_kept} < {highest_left}"
    );
}

#[test]
fn the_summary_is_text_for_people_and_json_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    fixture_file(folder.path(), 64, 32);
    let silent = run(
        folder.path(),
        "select --features f.npy --count 16 --output a.csv",
    );
    assert_eq!(silent.stdout, "");
    assert_eq!(silent.stderr.lines().count(), 3, "{}", silent.stderr);
    for part in [
        "kept 16 of 64 rows by quantile",
        "selection written to a.csv",
        "path ",
        " steps",
        "λ2 0.850155",
        "residual ",
        " ms (",
    ] {
        assert!(
            silent.stderr.contains(part),
            "{part} is not in {}",
            silent.stderr
        );
    }
    let run = run(
        folder.path(),
        "select --features f.npy --count 16 --output b.csv --json",
    );
    let summary: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (summary["rows"].as_u64(), summary["kept"].as_u64()),
        (Some(64), Some(16))
    );
    assert!(summary["milliseconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_summary_names_the_path_that_the_flags_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    fixture_file(folder.path(), 64, 32);
    let cases = [
        ("--path dense", "dense"),
        ("--path low-rank", "low-rank"),
        ("--path fused --steps 9", "fused"),
        ("--path dense --storage half", "dense"),
        ("--path dense --affinity exp --tau 0.5", "dense"),
        ("--path dense --affinity knn --neighbours 7", "dense"),
    ];
    let mut lambdas = Vec::new();
    for (flags, path) in cases {
        let line = "select --features f.npy --count 16 --output a.csv --json --force";
        let run = run(folder.path(), &format!("{line} {flags}"));
        let summary: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(summary["path"], path, "{flags}");
        let steps = summary["steps"].as_u64().unwrap();
        let most = if flags.contains("--steps") { 9 } else { 256 };
        assert!((1..=most).contains(&steps), "{flags}: {steps} steps");
        lambdas.push(summary["lambda2"].as_f64().unwrap());
    }
    let [dense, low_rank, _, half, exp, knn] = lambdas[..] else {
        panic!("a figure for each case")
    };
    assert!((dense - low_rank).abs() < 1e-5, "{lambdas:?}");
    assert!((dense - half).abs() < 1e-2, "{lambdas:?}");
    assert!((dense - exp).abs() > 1e-3, "{lambdas:?}");
    assert!(knn < dense - 1e-3, "{lambdas:?}");
}

#[test]
fn a_large_pool_is_selected_without_all_pairs_of_its_rows() {
    let (rows, features) = (200_000, 16);
    let folder = tempfile::tempdir().unwrap();
    let value = |cell: usize| rectified(cell / features, cell % features) as f32;
    let values: Vec<u8> = (0..rows * features)
        .flat_map(|cell| value(cell).to_le_bytes())
        .collect();
    let bytes = npy("<f4", &format!("({rows}, {features})"), &values);
    std::fs::write(folder.path().join("f.npy"), bytes).unwrap();
    let line = "select --features f.npy --keep 0.1 --output k.json --json";
    let run = run(folder.path(), line);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let summary: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(summary["path"], "low-rank");
    assert_eq!(summary["kept"], 20_000);
    let kept = json(folder.path(), "k.json");
    let kept: Vec<u64> = serde_json::from_value(kept["indices"].clone()).unwrap();
    assert_eq!(kept.len(), 20_000);
    assert!(kept.is_sorted_by(|a, b| a < b) && kept[19_999] < rows as u64);
}

#[test]
fn the_same_seed_keeps_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    fixture_file(folder.path(), 64, 32);
    let kept = |seed: u32, name: &str| {
        let line = format!(
            "select --features f.npy --count 16 --rule random --seed {seed} --output {name}"
        );
        assert_eq!(run(folder.path(), &line).code, Some(0));
        json(folder.path(), name)["indices"].to_string()
    };
    let first = kept(1, "a.json");
    assert_eq!(first, kept(1, "b.json"));
    assert_ne!(first, kept(2, "c.json"));
}

#[test]
fn dirty_rows_are_counted_and_ranked_last() {
    let folder = tempfile::tempdir().unwrap();
    let dirty = |i, j| match i {
        3 => 0.0,
        5 => f64::NAN,
        9 => f64::INFINITY,
        _ => fixture(i, j),
    };
    std::fs::write(folder.path().join("f.npy"), matrix(32, 16, dirty)).unwrap();
    let line = "select --features f.npy --count 29 --rule signed --output k.json";
    assert_eq!(run(folder.path(), line).code, Some(0));
    let kept = json(folder.path(), "k.json");
    assert_eq!(kept["valid"], 29);
    let indices: Vec<u64> = serde_json::from_value(kept["indices"].clone()).unwrap();
    assert!(
        indices.iter().all(|index| ![3, 5, 9].contains(index)),
        "{indices:?}"
    );
    let more = run(
        folder.path(),
        "select --features f.npy --count 30 --output m.json --force",
    );
    for warning in [
        "warning: 3 of 32 rows are zero, NaN or infinite: 3, 5, 9;",
        "warning: 1 of the 30 kept rows is zero, NaN or infinite; keep fewer",
    ] {
        assert!(more.stderr.contains(warning), "{}", more.stderr);
    }
    assert_eq!(
        json(folder.path(), "m.json")["invalid"].to_string(),
        "[3,5,9]"
    );
    let line = "select --features f.npy --count 8 --output m.csv";
    assert_eq!(run(folder.path(), line).code, Some(0));
    let table = std::fs::read_to_string(folder.path().join("m.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "index,score,kept,valid");
    for (row, line) in lines[1..].iter().enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let is_valid = ![3, 5, 9].contains(&row);
        assert_eq!(cells[3], if is_valid { "1" } else { "0" }, "{line}");
        assert_eq!(cells[1].is_empty(), !is_valid, "{line}");
    }
    std::fs::remove_file(folder.path().join("m.csv")).unwrap();
    assert!(
        more.stderr
            .contains("kept 30 of 32 rows by quantile · 3 rows zero, NaN or infinite"),
        "{}",
        more.stderr
    );
    std::fs::remove_file(folder.path().join("m.json")).unwrap();
    let strict = run(
        folder.path(),
        "select --features f.npy --count 8 --strict --output s.json",
    );
    strict.fails(1, "3 of 32 rows are zero, NaN or infinite");
    assert_eq!(entries(folder.path()), ["f.npy", "k.json"]);
}

/// Features with a spread spectrum: hashed values, negatives cut off, as a network's last layer.
#[test]
fn without_a_valid_row_nothing_is_selected() {
    let folder = tempfile::tempdir().unwrap();
    let bad = |i, _| [0.0, f64::NAN, f64::INFINITY][i % 3];
    std::fs::write(folder.path().join("f.npy"), matrix(30, 4, bad)).unwrap();
    for flags in ["", "--batch 10", "--near-duplicates"] {
        let line = format!("select --features f.npy --count 3 --output k.csv {flags}");
        run(folder.path(), &line).fails(1, "all 30 rows are zero, NaN or infinite");
    }
    let line = "inspect --features f.npy --count 3 --out look";
    run(folder.path(), line).fails(1, "all 30 rows are zero, NaN or infinite");
    assert_eq!(entries(folder.path()), ["f.npy"]);
}

#[test]
fn random_draws_from_all_rows_and_reads_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows = 200;
    let holed = |i, j| if i % 4 > 0 { f64::NAN } else { fixture(i, j) };
    std::fs::write(folder.join("f.npy"), matrix(rows, 8, holed)).unwrap();
    let kept = |file: &str, flags: &str| -> Vec<u64> {
        let line = format!(
            "select --features {file} --count 100 --rule random --output k.json --force {flags}"
        );
        let run = run(folder, &line);
        assert_eq!(run.code, Some(0), "{flags}: {}", run.stderr);
        serde_json::from_value(json(folder, "k.json")["indices"].take()).unwrap()
    };
    let seeds = [1, 2, 3].map(|seed| kept("f.npy", &format!("--seed {seed}")));
    assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2] && seeds[0] != seeds[2]);
    for seed in &seeds {
        let valid = seed.iter().filter(|&row| row % 4 == 0).count();
        assert!((10..40).contains(&valid), "{valid} of 50 valid rows");
    }
    assert_eq!(json(folder, "k.json")["valid"], Value::Null);
    // The same rows whatever the features are, and as the kernels draw them.
    std::fs::write(folder.join("z.npy"), matrix(rows, 8, |_, _| 0.0)).unwrap();
    std::fs::write(folder.join("g.npy"), matrix(rows, 8, fixture)).unwrap();
    assert_eq!(kept("z.npy", "--seed 1"), seeds[0]);
    let features: Vec<f32> = (0..rows * 8)
        .map(|at| fixture(at / 8, at % 8) as f32)
        .collect();
    let options = gstds::Options::gstds().rule(gstds::Rule::Random).seed(1);
    let twin = gstds::twin::select(&features, 8, &options, gstds::Keep::Count(100)).unwrap();
    let twin: Vec<u64> = twin.kept.into_iter().map(u64::from).collect();
    assert_eq!(
        (kept("g.npy", "--seed 1"), &twin),
        (seeds[0].clone(), &seeds[0])
    );
    // A file whose values are missing from the disk is never read.
    let header = npy("<f4", "(1048577, 1048576)", &[]);
    std::fs::write(folder.join("h.npy"), &header).unwrap();
    let file = std::fs::File::options()
        .append(true)
        .open(folder.join("h.npy"))
        .unwrap();
    file.set_len(header.len() as u64 + 1_048_577 * (1 << 22))
        .unwrap();
    assert_eq!(kept("h.npy", "").len(), 100);
    let line = "select --features f.npy --count 9 --rule random --strict --output s.csv";
    run(folder, line).fails(1, "150 of 200 rows are zero, NaN or infinite");
    let line = "select --features f.npy --count 9 --rule random --output s.csv";
    assert_eq!(run(folder, line).code, Some(0));
    let table = std::fs::read_to_string(folder.join("s.csv")).unwrap();
    assert!(
        table.starts_with("index,score,kept\n0,,"),
        "{}",
        &table[..40]
    );
}

fn rectified(i: usize, j: usize) -> f64 {
    let mut hash = (i * 7919 + j + 1) as u32;
    for _ in 0..3 {
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x045d_9f3b);
    }
    (f64::from(hash) / f64::from(u32::MAX) - 0.4).max(0.0)
}

#[test]
fn the_file_agrees_with_float64() {
    let (rows, features, kept) = (300, 40, 75);
    let values: Vec<f32> = (0..rows * features)
        .map(|cell| rectified(cell / features, cell % features) as f32)
        .collect();
    let options = gstds::Options::gstds().rule(gstds::Rule::Signed);
    let expected =
        gstds::twin::select(&values, features, &options, gstds::Keep::Count(kept)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("f.npy"),
        matrix(rows, features, rectified),
    )
    .unwrap();
    let line = format!("select --features f.npy --count {kept} --rule signed --output k.json");
    assert_eq!(run(folder.path(), &line).code, Some(0));
    let found: Vec<u32> =
        serde_json::from_value(json(folder.path(), "k.json")["indices"].take()).unwrap();
    let shared = found
        .iter()
        .filter(|row| expected.kept.contains(row))
        .count();
    assert!(shared * 100 >= kept * 99, "{shared} of {kept} rows shared");
}
