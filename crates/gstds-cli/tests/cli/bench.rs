use serde_json::Value;

use crate::program::{entries, run};

const GRID: &str = "bench --rows 32,48 --features 16,24 --rounds 2";

#[test]
fn the_json_has_a_cell_a_shape_with_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(
        folder.path(),
        &format!("{GRID} --laplacian un --keep 0.5 --json"),
    );
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let machine = &report["machine"];
    for field in ["adapter", "backend", "driver", "driver_info", "version"] {
        assert!(machine[field].is_string(), "{field}: {machine}");
    }
    assert_eq!(machine["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["date"].as_str().map(str::len), Some(10));
    assert_eq!(report["options"]["laplacian"], "un");
    let clock = report["clock"].as_str().unwrap();
    assert!(
        ["device timestamps", "wall clock"].contains(&clock),
        "{clock}"
    );
    for ceiling in ["copy", "fma"] {
        let rate = &report["ceilings"][ceiling]["giga_per_second"];
        assert!(rate.as_f64().unwrap() > 0.0, "{ceiling}");
    }
    assert!(report["control"]["ratio"].as_f64().unwrap() > 0.0);
    let cells = report["cells"].as_array().unwrap();
    let shapes: Vec<_> = cells
        .iter()
        .map(|cell| (cell["rows"].as_u64(), cell["features"].as_u64()))
        .collect();
    let expected = [(32, 16), (48, 16), (32, 24), (48, 24)];
    assert_eq!(shapes, expected.map(|(n, d)| (Some(n), Some(d))));
    for cell in cells {
        assert_eq!(cell["keep"].as_u64(), cell["rows"].as_u64().map(|n| n / 2));
        assert_eq!(cell["wall"]["samples"], 2);
        let names = cell["stages"].as_array().unwrap().iter();
        let names: Vec<_> = names
            .map(|stage| stage["stage"].as_str().unwrap())
            .collect();
        let expected = gstds::Stage::ALL.iter().map(|stage| stage.name());
        assert_eq!(names, expected.collect::<Vec<_>>());
        for figure in ["gflop_per_second", "gb_per_second", "bound", "share"] {
            assert!(
                cell["total"][figure].as_f64().unwrap() > 0.0,
                "{figure}: {cell}"
            );
        }
        for count in ["steps", "dispatches", "workspace_bytes"] {
            assert!(cell[count].as_u64().unwrap() > 0, "{count}: {cell}");
        }
        assert!(cell["path"].is_string());
    }
}

#[test]
fn the_table_has_a_line_a_shape_and_says_what_was_measured_on() {
    let folder = tempfile::tempdir().unwrap();
    let text = run(folder.path(), GRID);
    assert_eq!(text.code, Some(0), "{}", text.stderr);
    for part in [
        "date: ",
        "adapter: ",
        "clock: ",
        "ceilings: ",
        "against itself reads",
    ] {
        assert!(text.stdout.contains(part), "{part}: {}", text.stdout);
    }
    let table = text.stdout.split("\n\n").nth(1).unwrap();
    assert_eq!(table.lines().count(), 5, "{table}");
    let markdown = run(
        folder.path(),
        &format!("{GRID} --markdown --json-file grid.json"),
    );
    let bars = markdown.stdout.lines().filter(|line| line.starts_with('|'));
    assert_eq!(bars.count(), 6, "{}", markdown.stdout);
    let object = std::fs::read_to_string(folder.path().join("grid.json")).unwrap();
    let object: Value = serde_json::from_str(&object).unwrap();
    assert_eq!(object["cells"].as_array().map(Vec::len), Some(4));
}

#[test]
fn saved_features_select_the_saved_rows() {
    let folder = tempfile::tempdir().unwrap();
    let bench = run(
        folder.path(),
        "bench --rows 64 --features 32 --rounds 1 --save saved",
    );
    assert_eq!(bench.code, Some(0), "{}", bench.stderr);
    let names = ["features-64x32.npy", "kept-64x32.npy"];
    assert_eq!(entries(&folder.path().join("saved")), names);
    let line = "select --features saved/features-64x32.npy --keep 0.25 --output k.npy";
    assert_eq!(run(folder.path(), line).code, Some(0));
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("k.npy"), read("saved/kept-64x32.npy"));
}

#[test]
fn bad_flags_are_usage_errors() {
    let cases = [
        ("--rows 0", "0 is not in"),
        ("--rows 12,x", "invalid value 'x'"),
        ("--features 0", "0 is not in"),
        ("--rounds 0", "0 is not in"),
        ("--keep 1.5", "keep ratio 1.5"),
        ("--laplacian x", "invalid value 'x'"),
        ("--path x", "invalid value 'x'"),
        ("--path fused --rows 513", "path fused takes"),
        ("--neighbours 0", "0 neighbours"),
        ("--json --markdown", "cannot be used with"),
    ];
    for (flags, sentence) in cases {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), &format!("bench {flags}")).fails(2, sentence);
    }
}

#[test]
fn what_cannot_be_measured_or_saved_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let line = "bench --rows 16777217 --features 1";
    run(folder.path(), line).fails(1, "16777217 rows");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let line = "bench --rows 32 --features 16 --save file";
    run(folder.path(), line).fails(1, "file could not be written");
}
