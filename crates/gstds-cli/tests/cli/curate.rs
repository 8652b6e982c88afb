//! `gstds select` for training elsewhere: batches, classes, near-duplicates, other files.

use std::fs;
use std::path::Path;

use safetensors::tensor::TensorView;
use serde_json::Value;

#[cfg(feature = "train")]
use crate::pictures;
#[cfg(feature = "train")]
use crate::program::run_cached;
use crate::program::{ProgramRun, entries, fixture, matrix, npy, run};

/// Runs a selection that must succeed.
fn select(folder: &Path, flags: &str) -> ProgramRun {
    let run = run(folder, &format!("select {flags}"));
    assert_eq!(run.code, Some(0), "{flags}: {}", run.stderr);
    run
}

fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

fn indices(folder: &Path, name: &str) -> Vec<usize> {
    serde_json::from_value(json(folder, name)["indices"].take()).unwrap()
}

/// One column of a table.
fn column(folder: &Path, name: &str, column: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = header.iter().position(|&name| name == column).unwrap();
    let cell = |line: &str| line.split(',').nth(at).unwrap().to_owned();
    lines.map(cell).collect()
}

#[test]
fn batches_are_selected_each_as_if_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("f.npy"), matrix(100, 16, fixture)).unwrap();
    let mut expected = vec![];
    for (first, rows, kept) in [(0, 40, 10), (40, 40, 10), (80, 20, 5)] {
        let part = matrix(rows, 16, |i, j| fixture(first + i, j));
        fs::write(folder.join("part.npy"), part).unwrap();
        let flags = format!("--features part.npy --count {kept} --output part.json --force");
        select(folder, &flags);
        let kept = indices(folder, "part.json");
        expected.extend(kept.into_iter().map(|row| first + row));
    }
    // Many graphs in one submission, then one after the other.
    for path in ["auto", "dense", "low-rank"] {
        let flags = format!(
            "--features f.npy --keep 0.25 --batch 40 --output k.json --force --json --path {path}"
        );
        let run = select(folder, &flags);
        assert_eq!(indices(folder, "k.json"), expected, "{path}");
        let summary: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(summary["batches"], 3);
        let takes = if path == "auto" { "fused" } else { path };
        assert_eq!(summary["path"], takes);
        assert_eq!(summary["valid"], 100);
        assert!(run.stderr.contains("in 3 batches"), "{}", run.stderr);
    }
    let shuffled = |seed: u32| {
        let flags = format!(
            "--features f.npy --keep 0.25 --batch 40 --shuffle --seed {seed} --output s.json --force"
        );
        select(folder, &flags);
        indices(folder, "s.json")
    };
    assert_eq!(shuffled(1), shuffled(1));
    assert_eq!(shuffled(1).len(), 25);
    assert_ne!(shuffled(1), shuffled(2));
}

#[test]
fn each_batch_draws_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("f.npy"), matrix(80, 16, fixture)).unwrap();
    // Stratified picks follow the scores, so equal batches have equal ones.
    let twice = matrix(80, 16, |i, j| fixture(i % 40, j));
    fs::write(folder.join("twice.npy"), twice).unwrap();
    for (file, rule) in [("f.npy", "random"), ("twice.npy", "stratified")] {
        let flags = format!(
            "--features {file} --keep 0.25 --batch 40 --rule {rule} --output k.json --force"
        );
        select(folder, &flags);
        let kept = indices(folder, "k.json");
        let (first, second) = kept.split_at(10);
        let second: Vec<usize> = second.iter().map(|row| row - 40).collect();
        assert_ne!(first, second, "{rule}");
        select(folder, &flags);
        assert_eq!(indices(folder, "k.json"), kept, "{rule}");
    }
}

#[test]
fn parts_that_are_not_solved_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let holed = |i, j| if i == 78 { f64::NAN } else { fixture(i, j) };
    fs::write(folder.join("f.npy"), matrix(82, 16, holed)).unwrap();
    let summary = |flags: &str| -> Value {
        let line = format!("--features f.npy --batch 40 --output k.csv --force --json {flags}");
        serde_json::from_str(&select(folder, &line).stdout).unwrap()
    };
    // The last batch has two rows, too few for a graph.
    let found = summary("--keep 0.5");
    assert!(found["lambda2"].as_f64().unwrap() > 0.1, "{found}");
    assert_eq!(found["valid"], 81);
    let found = summary("--count 1");
    assert_eq!(
        (&found["valid"], &found["unsolved_rows"]),
        (&81.into(), &42.into())
    );
    let table = fs::read_to_string(folder.join("k.csv")).unwrap();
    assert!(
        table.lines().nth(79).unwrap().starts_with("78,,0,0"),
        "{table}"
    );
    let flags = "--features f.npy --batch 40 --output w.csv --count 1";
    let stderr = select(folder, flags).stderr;
    assert!(
        stderr.contains("warning: 2 of 3 batches keep no row"),
        "{stderr}"
    );
    assert!(
        stderr.contains("warning: 1 of 82 rows is zero, NaN or infinite: 78"),
        "{stderr}"
    );
    let all = summary("--count 82");
    assert_eq!(
        (&all["lambda2"], &all["residual"]),
        (&Value::Null, &Value::Null)
    );
    let line = "select --features f.npy --batch 40 --output s.csv --count 1 --strict";
    run(folder, line).fails(1, "part 2 of 3: 1 of 40 rows");
}

#[test]
fn halves_of_an_odd_width_are_read_where_they_lie() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let half = |i, j| half::f16::from_f64(fixture(i, j));
    let cells = || (0..99 * 15).map(|cell| half(cell / 15, cell % 15));
    let halves: Vec<u8> = cells().flat_map(half::f16::to_le_bytes).collect();
    let swapped: Vec<u8> = cells().flat_map(half::f16::to_be_bytes).collect();
    fs::write(folder.join("h.npy"), npy("<f2", "(99, 15)", &halves)).unwrap();
    fs::write(folder.join("s.npy"), npy(">f2", "(99, 15)", &swapped)).unwrap();
    let full = matrix(99, 15, |i, j| half(i, j).into());
    fs::write(folder.join("f.npy"), full).unwrap();
    for flags in ["--batch 33", "--path low-rank"] {
        let scores = |name: &str| {
            let line = format!("--features {name} --keep 0.3 --output k.csv --force {flags}");
            select(folder, &line);
            let scores = column(folder, "k.csv", "score").into_iter();
            (
                scores
                    .map(|score| score.parse().unwrap())
                    .collect::<Vec<f32>>(),
                column(folder, "k.csv", "kept"),
            )
        };
        let (halves, swapped, full) = (scores("h.npy"), scores("s.npy"), scores("f.npy"));
        assert_eq!(halves, swapped, "{flags}");
        let off = halves.0.iter().zip(&full.0).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-4, "{flags}");
        assert!(halves.0.iter().any(|score| score.abs() > 1e-2), "{flags}");
    }
}

#[test]
fn classes_share_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let values: Vec<u8> = (0..60 * 16)
        .flat_map(|cell| (fixture(cell / 16, cell % 16) as f32).to_le_bytes())
        .collect();
    let class = |row: usize| if row < 6 { 7_i64 } else { -((row % 2) as i64) };
    let labels: Vec<u8> = (0..60).flat_map(|row| class(row).to_le_bytes()).collect();
    let of = |dtype, shape: &[usize], data| TensorView::new(dtype, shape.to_vec(), data).unwrap();
    let tensors = [
        ("x", of(safetensors::Dtype::F32, &[60, 16], &values)),
        ("labels", of(safetensors::Dtype::I64, &[60], &labels)),
    ];
    let bytes = safetensors::serialize(tensors, None).unwrap();
    fs::write(folder.join("f.safetensors"), bytes).unwrap();
    let flags = "--features f.safetensors --count 20 --by-class equal --output k.csv --json";
    let summary: Value = serde_json::from_str(&select(folder, flags).stdout).unwrap();
    let shares: Vec<(&str, u64)> = summary["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| {
            (
                class["class"].as_str().unwrap(),
                class["kept"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(shares, [("-1", 7), ("0", 7), ("7", 6)]);
    let kept = column(folder, "k.csv", "kept");
    let classes = column(folder, "k.csv", "class");
    let of_class = |name: &str| {
        let both = kept.iter().zip(&classes);
        both.filter(|(kept, class)| *kept == "1" && *class == name)
            .count()
    };
    assert_eq!((of_class("-1"), of_class("0"), of_class("7")), (7, 7, 6));

    let text: String = (0..60)
        .map(|row| format!("{}\n", if row < 45 { "cat" } else { "dog" }))
        .collect();
    fs::write(folder.join("names.txt"), text).unwrap();
    let flags = "--features f.safetensors --tensor x --keep 0.2 --by-class proportional --labels names.txt --output p.csv";
    select(folder, flags);
    let kept = column(folder, "p.csv", "kept");
    let cats = kept[..45].iter().filter(|kept| *kept == "1").count();
    let dogs = kept[45..].iter().filter(|kept| *kept == "1").count();
    assert_eq!((cats, dogs), (9, 3));
    fs::write(folder.join("few.txt"), "cat\ndog\n").unwrap();
    let flags = "select --features f.safetensors --keep 0.2 --by-class equal --labels few.txt --output e.csv";
    run(folder, flags).fails(1, "2 labels for 60 rows");
}

#[test]
fn near_duplicates_are_a_column_and_change_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let copied = |i: usize, j| fixture(if i == 50 { 3 } else { i }, j);
    fs::write(folder.join("f.npy"), matrix(64, 16, copied)).unwrap();
    select(folder, "--features f.npy --keep 0.5 --output plain.csv");
    let flags = "--features f.npy --keep 0.5 --near-duplicates 0.99999 --output k.csv --json";
    let summary: Value = serde_json::from_str(&select(folder, flags).stdout).unwrap();
    let groups = column(folder, "k.csv", "group");
    let expected: Vec<String> = (0..64)
        .map(|row| if row == 50 { 3 } else { row }.to_string())
        .collect();
    assert_eq!(groups, expected);
    assert_eq!(summary["near_duplicates"]["rows"], 1);
    assert_eq!(
        column(folder, "k.csv", "score"),
        column(folder, "plain.csv", "score")
    );
    assert_eq!(
        column(folder, "k.csv", "kept"),
        column(folder, "plain.csv", "kept")
    );
    // Within batches of 32 the two are never compared.
    let flags = "--features f.npy --keep 0.5 --near-duplicates 0.99999 --batch 32 --output b.json";
    select(folder, flags);
    assert_eq!(json(folder, "b.json")["groups"], Value::Array(vec![]));
}

#[test]
fn a_class_that_keeps_nothing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("f.npy"), matrix(60, 16, fixture)).unwrap();
    let labels: String = (0..60)
        .map(|row| if row % 20 == 0 { "rare\n" } else { "common\n" })
        .collect();
    // Blank lines at the end are no classes.
    fs::write(folder.join("l.txt"), labels + "\n\n").unwrap();
    let flags = "--features f.npy --count 6 --labels l.txt --output k.csv --force --by-class";
    let warning = "warning: 1 of 2 classes keeps no row: rare (3); keep more rows, or share";
    for more in ["", " --dry-run"] {
        let run = select(folder, &format!("{flags} proportional{more}"));
        assert!(run.stderr.contains(warning), "{}", run.stderr);
    }
    let run = select(folder, &format!("{flags} equal"));
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn near_duplicates_are_dropped_before_the_selection() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Rows 40 to 63 repeat the first 24, in no order of their own.
    let original = |i: usize| if i < 40 { i } else { (i * 7) % 24 };
    fs::write(
        folder.join("f.npy"),
        matrix(64, 16, |i, j| fixture(original(i), j)),
    )
    .unwrap();
    fs::write(folder.join("g.npy"), matrix(40, 16, fixture)).unwrap();
    let expected = {
        select(folder, "--features g.npy --count 10 --output g.json");
        indices(folder, "g.json")
    };
    let flags = "--features f.npy --keep 0.25 --drop-near-duplicates 0.99999 --survivor first";
    let run = select(folder, &format!("{flags} --output k.json --json"));
    let summary: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(indices(folder, "k.json"), expected);
    assert_eq!(
        (&summary["kept"], &summary["near_duplicates"]["rows"]),
        (&10.into(), &24.into())
    );
    assert!(
        run.stderr.contains("24 near-duplicates in"),
        "{}",
        run.stderr
    );
    select(folder, &format!("{flags} --output k.csv"));
    let scores = column(folder, "k.csv", "score");
    let groups = column(folder, "k.csv", "group");
    for row in 0..64 {
        assert_eq!(groups[row], original(row).to_string());
        assert_eq!(scores[row].is_empty(), row >= 40, "row {row}");
    }
    let dry = select(folder, &format!("{flags} --output n.csv --dry-run"));
    let said = "16 would be kept if no near-duplicate is dropped";
    assert!(dry.stdout.contains(said), "{}", dry.stdout);
    for (flags, code, sentence) in [
        (
            "--count 50 --drop-near-duplicates 0.99999",
            2,
            "of 64 rows 40 are left",
        ),
        (
            "--count 5 --drop-near-duplicates --survivor largest",
            2,
            "survivor largest looks at images",
        ),
        ("--count 5 --survivor first", 2, "required arguments"),
        (
            "--count 5 --near-duplicates --drop-near-duplicates",
            2,
            "cannot be used with",
        ),
    ] {
        crate::program::run(
            folder,
            &format!("select --features f.npy --output n.csv {flags}"),
        )
        .fails(code, sentence);
    }
    // By batches, by classes, and drawn at random.
    let labels: String = (0..64)
        .map(|row| format!("{}\n", original(row) % 2))
        .collect();
    fs::write(folder.join("l.txt"), labels).unwrap();
    for more in [
        "--batch 16",
        "--by-class equal --labels l.txt",
        "--rule random",
    ] {
        let flags = format!(
            "--features f.npy --count 12 --drop-near-duplicates 0.99999 {more} --output b.csv --force"
        );
        select(folder, &flags);
        let (kept, groups) = (
            column(folder, "b.csv", "kept"),
            column(folder, "b.csv", "group"),
        );
        assert_eq!(
            kept.iter().filter(|kept| *kept == "1").count(),
            12,
            "{more}"
        );
        for row in (0..64).filter(|&row| kept[row] == "1") {
            assert_eq!(groups[row], row.to_string(), "{more}");
        }
    }
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("f.npy"), matrix(600, 16, fixture)).unwrap();
    let flags = "--features f.npy --keep 0.25 --output k.csv --dry-run";
    let text = select(folder, flags).stdout;
    assert!(
        text.contains("600 rows of 16 features") && text.contains("150 would be kept"),
        "{text}"
    );
    let parsed: Value =
        serde_json::from_str(&select(folder, &format!("{flags} --batch 200 --json")).stdout)
            .unwrap();
    assert_eq!(
        (&parsed["kept"], &parsed["batches"]),
        (&150.into(), &3.into())
    );
    let bytes = parsed["feature_bytes"].as_u64().unwrap();
    assert!(bytes == 3 * 200 * 16 * 4, "{parsed}");
    assert!(parsed["device_bytes"].as_u64().unwrap() > bytes, "{parsed}");
    assert_eq!(entries(folder), ["f.npy"]);
}

#[test]
fn flags_that_cannot_be_meant_together_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("f.npy"), matrix(32, 16, fixture)).unwrap();
    fs::write(folder.join("l.txt"), "a.png\n").unwrap();
    let cases = [
        ("", 2, "required"),
        ("--features f.npy --images .", 2, "need --list"),
        (
            "--features f.npy --list l.txt",
            1,
            "lists 1 image and f.npy has 32 rows",
        ),
        ("--features f.npy --batch 0", 2, "0"),
        ("--features f.npy --shuffle", 2, "required arguments"),
        (
            "--features f.npy --batch 4 --by-class equal",
            2,
            "cannot be used with",
        ),
        ("--features f.npy --by-class equal", 2, "give --labels FILE"),
        ("--features f.npy --copy-to kept", 2, "need images"),
        ("--features f.npy --link hard", 2, "required arguments"),
        (
            "--features f.npy --near-duplicates 1.5",
            2,
            "above 0 and at most 1",
        ),
        ("--features f.npy --tensor x --images i", 2, "need --list"),
        ("--features f.npy --tensor x", 2, "of a .safetensors file"),
        #[cfg(feature = "train")]
        ("--images nowhere", 1, "nowhere"),
    ];
    for (flags, code, sentence) in cases {
        let line = format!("select {flags} --keep 0.5 --output k.csv");
        run(folder, &line).fails(code, sentence);
        assert_eq!(entries(folder), ["f.npy", "l.txt"], "{flags}");
    }
    let line = "select --features f.npy --keep 0.5 --output f.npy --force";
    run(folder, line).fails(2, "is one of the inputs");
    fs::write(folder.join("many.npy"), matrix(1_048_577, 1, |_, _| 1.0)).unwrap();
    let line = "select --features many.npy --keep 0.5 --near-duplicates --output k.csv";
    run(folder, line).fails(2, "--batch or --by-class");
}

#[cfg(feature = "train")]
#[test]
fn a_folder_of_images_becomes_a_folder_of_the_kept_ones() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    pictures::folder(&folder.join("photos"), &["a", "b"], 4);
    #[cfg(unix)]
    std::os::unix::fs::symlink("..", folder.join("photos/a/loop")).unwrap();
    fs::write(folder.join("photos/b/bad.png"), "no picture").unwrap();
    let select = |flags: &str| {
        let line = format!("select --images photos --reference-side 32 --skip-bad {flags}");
        run_cached(folder, &line)
    };
    let flags = "--count 4 --by-class equal --output k.csv --link-to kept --link symbolic --json";
    let run = select(flags);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let summary: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&summary["rows"], &summary["left_out"]),
        (&8.into(), &1.into())
    );
    assert!(run.stderr.contains("bad.png"), "{}", run.stderr);
    let paths = column(folder, "k.csv", "path");
    let classes = column(folder, "k.csv", "class");
    assert_eq!((paths[0].as_str(), classes[7].as_str()), ("a/000.png", "b"));
    let kept = column(folder, "k.csv", "kept");
    for (path, kept) in paths.iter().zip(kept) {
        let placed = folder.join("kept").join(path);
        assert_eq!(placed.is_file(), kept == "1", "{path}");
        if kept == "1" {
            assert_eq!(
                fs::read(&placed).unwrap(),
                fs::read(folder.join("photos").join(path)).unwrap()
            );
        }
    }
    assert_eq!(entries(&folder.join("kept")), ["a", "b"]);
    assert_eq!(entries(&folder.join("kept/a")).len(), 2);
    select("--count 4 --output m.csv --copy-to photos/kept").fails(2, "contain one another");

    fs::write(folder.join("some.txt"), "b/002.png\na/001.png\n").unwrap();
    let elsewhere = "select --list some.txt --count 1 --output l.json --dry-run";
    run_cached(folder, elsewhere).fails(1, "relative to the current folder");
    let run = select("--list some.txt --count 1 --output l.json --dry-run --json");
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&plan["rows"], &plan["features"]),
        (&2.into(), &1280.into())
    );
}

#[cfg(not(feature = "train"))]
#[test]
fn images_without_reference_models_say_what_to_build() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("photos")).unwrap();
    for command in ["select --keep 0.5 --output k.csv", "inspect"] {
        let line = format!("{command} --images photos");
        run(folder, &line).fails(2, "cargo install --path crates/gstds-cli");
    }
    assert_eq!(entries(folder), ["photos"]);
}
