//! `gstds inspect`, on small feature files.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{entries, fixture, gstds, matrix, run};

/// Inspects `f.npy` of these rows with `flags`: the JSON on stdout.
#[track_caller]
fn inspected(
    folder: &Path,
    rows: usize,
    flags: &str,
    value: impl Fn(usize, usize) -> f64,
) -> Value {
    fs::write(folder.join("f.npy"), matrix(rows, 8, value)).unwrap();
    let line = format!("inspect --features f.npy --out look.html --force --json {flags}");
    let run = run(folder, &line);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

fn says(found: &Value) -> String {
    found["says"].to_string()
}

/// Rows of two groups, with features of their own up to a share of the other's.
fn groups(share: f64) -> impl Fn(usize, usize) -> f64 {
    move |i, j| {
        let own = (j < 4) == i.is_multiple_of(3);
        (1.0 + ((i * 7 + j * 5) % 11) as f64 / 40.0) * if own { 1.0 } else { share }
    }
}

#[test]
fn two_groups_are_two_components_or_a_near_cut() {
    let root = tempfile::tempdir().unwrap();
    let apart = inspected(root.path(), 30, "", groups(0.0));
    assert!(says(&apart).contains("At least two components"), "{apart}");
    assert_eq!(apart["facts"]["components"], 2);
    let near = inspected(root.path(), 30, "--near-duplicates 0.98", groups(0.05));
    assert!(says(&near).contains("near-cut"), "{near}");
    let split = &near["facts"]["split"];
    let mut sides = [&split["below"], &split["above"]].map(|side| side.as_u64().unwrap());
    sides.sort_unstable();
    assert_eq!(sides, [10, 20]);
    let alike = &near["facts"]["near_duplicates"];
    let counts = ["groups", "rows", "largest"].map(|key| alike[key].as_u64().unwrap());
    assert_eq!(counts, [2, 28, 20], "{near}");
    assert!(near["facts"]["residual"].as_f64().unwrap() < 1e-5);
}

#[test]
fn under_un_an_outlier_is_named() {
    let root = tempfile::tempdir().unwrap();
    let value = |i: usize, j: usize| match (i, j) {
        (17, 7) => 9.0,
        (17, _) => 0.3,
        (_, 7) => 0.3 + fixture(i, j) / 8.0,
        _ => 1.0 + fixture(i, j),
    };
    let found = inspected(root.path(), 64, "--laplacian un", value);
    assert!(
        says(&found).contains("Outlier-dominated: row 17 carries"),
        "{found}"
    );
    assert_eq!(found["facts"]["split"]["top_row"], 17);
}

#[test]
fn rows_that_are_alike_or_few_are_told_of() {
    let root = tempfile::tempdir().unwrap();
    let alike = inspected(root.path(), 20, "", |_, j| j as f64 + 1.0);
    assert!(says(&alike).contains("point the same way"), "{alike}");
    assert!(
        says(&alike).contains("19 near-duplicates in 1 group"),
        "{alike}"
    );
    let one = inspected(root.path(), 1, "", fixture);
    assert!(says(&one).contains("the only row is kept"), "{one}");
    let two = inspected(root.path(), 2, "", fixture);
    assert!(says(&two).contains("at least 3"), "{two}");
    let three = inspected(root.path(), 3, "--count 1", fixture);
    assert!(three["facts"]["lambda2"].as_f64().unwrap() > 0.0, "{three}");
    let zeros = inspected(
        root.path(),
        9,
        "",
        |i, j| if i == 4 { 0.0 } else { fixture(i, j) },
    );
    let sentence =
        "1 of 9 rows is zero, NaN or infinite, left out of the graph and ranked last: row 4.";
    assert!(says(&zeros).contains(sentence), "{zeros}");
}

#[test]
fn a_folder_gets_the_page_and_pictures_and_nothing_is_replaced_unasked() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    // Made by hand: rows are images by a list alone.
    let names = [
        "a \"b\" <i>.png",
        "0.png",
        "1.png",
        "2.png",
        "3.png",
        "4.png",
    ];
    for (number, name) in names.iter().enumerate() {
        let image = crate::pictures::picture(number % 2, number, 20, 12);
        image.save(folder.join(name)).unwrap();
    }
    fs::write(folder.join("list.txt"), names.join("\n")).unwrap();
    fs::write(folder.join("f.npy"), matrix(6, 8, fixture)).unwrap();
    let line = "inspect --features f.npy --list list.txt --count 2 --out look";
    let first = run(folder, line);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    for words in ["rows", "λ2", "Ritz values", "The signs divide"] {
        assert!(first.stdout.contains(words), "{}", first.stdout);
    }
    let expected = [
        "contact-sheet.png",
        "fiedler-vector.png",
        "inspect.html",
        "similarity-fiedler-order.png",
        "similarity-input-order.png",
        "spectrum.png",
    ];
    assert_eq!(entries(&folder.join("look")), expected);
    let page = fs::read_to_string(folder.join("look/inspect.html")).unwrap();
    assert!(page.contains("a &quot;b&quot; &lt;i&gt;.png"));
    assert_eq!(page.matches("<li class=\"kept small\">").count(), 2);
    run(folder, line).fails(1, "exists already");
    assert_eq!(entries(&folder.join("look")), expected);
}

#[test]
fn what_cannot_be_inspected_is_refused_before_any_work() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    fs::write(folder.join("f.npy"), matrix(6, 8, fixture)).unwrap();
    let refused = |flags: &str, code: i32, words: &str| {
        run(folder, &format!("inspect --features f.npy {flags}")).fails(code, words);
    };
    refused("--rule random", 2, "choose another rule");
    refused("--count 7", 2, "keep at most 6");
    refused("--out f.npy", 2, "is a file and not a folder");
    refused("--out none/look.html", 1, "none");
    crate::pictures::folder(&folder.join("photos"), &["cat"], 2);
    #[cfg(feature = "train")]
    run(folder, "inspect --images photos --out photos/cat/look")
        .fails(2, "images are searched for");
    let help = gstds(folder).args(["inspect", "--help"]).output().unwrap();
    assert!(
        String::from_utf8(help.stdout)
            .unwrap()
            .contains("Examples:")
    );
    assert_eq!(entries(folder), ["f.npy", "photos"]);
}

#[test]
fn no_page_or_picture_replaces_what_is_read() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    fs::write(folder.join("f.npy"), matrix(8, 8, fixture)).unwrap();
    fs::create_dir(folder.join("look")).unwrap();
    let images: Vec<String> = (0..7).map(|i| format!("look/{i}.png")).collect();
    let list = format!("look/spectrum.png\n{}\n", images.join("\n"));
    let files = [
        ("look/spectrum.png", "an image"),
        ("list.html", &list),
        ("labels.html", "0\n1\n0\n1\n0\n1\n0\n1\n"),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    for flags in [
        "--list list.html --out look",
        "--list list.html --out list.html",
        "--label-suspects --labels labels.html --out labels.html",
    ] {
        let line = format!("inspect --features f.npy --count 2 --force {flags}");
        run(folder, &line).fails(2, "is one of the inputs");
    }
    for (name, text) in files {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), text);
    }
}
