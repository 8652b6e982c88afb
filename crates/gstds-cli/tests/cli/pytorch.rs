//! docs/pytorch.md: the page's NumPy code and the example, run as they are.

use std::path::Path;

use crate::program::{ProgramRun, entries, fixture, matrix, run};
use crate::python::{has, python};

const PAGE: &str = include_str!("../../../../docs/pytorch.md");
const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/pytorch/subset.py"
);

/// Compares what the page's code keeps of each matrix with what gstds kept of it.
const COMPARE: &str = "
import sys
import numpy as np
from reference import select
for name in sys.argv[1:]:
    kept = np.load(name + '_kept.npy')
    expected = select(np.load(name + '.npy'), len(kept))
    assert kept.dtype == np.int64, kept.dtype
    assert np.array_equal(kept, expected), (name, kept, expected)
    print(name, len(kept))
";

/// The code of the page that is marked as Python.
fn reference() -> &'static str {
    let (_, after) = PAGE.split_once("```python\n").unwrap();
    after.split_once("```").unwrap().0
}

fn kept_equal(folder: &Path, names: &[&str]) -> ProgramRun {
    std::fs::write(folder.join("reference.py"), reference()).unwrap();
    python(folder, &[&["-c", COMPARE], names].concat())
}

#[test]
fn the_reference_of_the_page_keeps_the_same_rows() {
    assert_eq!(reference().lines().count(), 20, "20 lines are promised");
    if !has("numpy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Rows of one sign, rows of both signs (shifted), and every row twice.
    let files = [
        ("plain", matrix(64, 32, fixture)),
        ("signed", matrix(64, 32, |i, j| fixture(i, j) - 0.7)),
        ("twice", matrix(64, 16, |i, j| fixture(i / 2, j))),
    ];
    for (name, bytes) in &files {
        std::fs::write(folder.join(format!("{name}.npy")), bytes).unwrap();
        let line = format!("select --features {name}.npy --count 16 --output {name}_kept.npy");
        let run = run(folder, &line);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let shifted = run.stderr.contains("shifted");
        assert_eq!(shifted, *name == "signed", "{}", run.stderr);
    }
    let compared = kept_equal(folder, &files.map(|(name, _)| name));
    assert_eq!(compared.code, Some(0), "{}", compared.stderr);
    assert_eq!(compared.stdout, "plain 16\nsigned 16\ntwice 16\n");
}

#[test]
fn the_example_trains_on_the_subset_that_is_selected() {
    if !has("numpy") || !has("torch") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let program = env!("CARGO_BIN_EXE_gstds");
    let trained = python(folder, &[EXAMPLE, "--gstds", program]);
    assert_eq!(trained.code, Some(0), "{}", trained.stderr);
    let words: Vec<&str> = trained.stdout.split_whitespace().collect();
    let ["rows", "256", "kept", "64", "loss", first, "->", last] = words[..] else {
        panic!("{}", trained.stdout);
    };
    let [first, last]: [f64; 2] = [first, last].map(|loss| loss.parse().unwrap());
    assert!(last < 0.7 * first, "{}", trained.stdout);
    assert_eq!(entries(folder), ["features.npy", "kept.npy"]);

    std::fs::rename(folder.join("kept.npy"), folder.join("features_kept.npy")).unwrap();
    let compared = kept_equal(folder, &["features"]);
    assert_eq!(compared.code, Some(0), "{}", compared.stderr);
    assert_eq!(compared.stdout, "features 64\n");
}
