use crate::program::{entries, fixture, matrix, npy, run};

#[test]
fn a_bad_feature_file_gets_one_sentence() {
    let good = matrix(32, 16, fixture);
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("empty", vec![], "it is empty"),
        ("text", b"index,score,kept\n".to_vec(), "magic bytes"),
        ("cut header", good[..50].to_vec(), "it was cut short"),
        (
            "cut values",
            good[..good.len() - 1].to_vec(),
            "it was cut short",
        ),
        (
            "claims more",
            npy("<f4", "(1000000000, 1000000)", &[0; 64]),
            "the file holds 64",
        ),
        (
            "integers",
            npy("<i8", "(2, 2)", &[0; 32]),
            "its dtype is <i8",
        ),
        ("no rows", npy("<f4", "(0, 16)", &[]), "at least one sample"),
        (
            "no features",
            npy("<f4", "(16, 0)", &[]),
            "at least one sample",
        ),
    ];
    for (name, bytes, sentence) in cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f.npy"), bytes).unwrap();
        let run = run(
            folder.path(),
            "select --features f.npy --keep 0.5 --output k.csv",
        );
        assert!(run.stderr.contains("f.npy"), "{name}: {}", run.stderr);
        run.fails(1, sentence);
        assert_eq!(entries(folder.path()), ["f.npy"], "{name}");
    }
}

#[test]
fn a_missing_file_or_a_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("d.npy")).unwrap();
    run(
        folder.path(),
        "select --features f.npy --keep 0.5 --output k.csv",
    )
    .fails(1, "reading f.npy failed");
    run(
        folder.path(),
        "select --features d.npy --keep 0.5 --output k.csv",
    )
    .fails(1, "not a regular file");
    assert_eq!(entries(folder.path()), ["d.npy"]);
}

#[test]
fn counts_and_ratios_out_of_range_are_usage_errors() {
    let cases = [
        ("--count 0", "0"),
        ("--count -1", "-1"),
        ("--count 33", "count is 33, more than the 32 rows"),
        ("--keep 0", "keep ratio 0"),
        ("--keep 1.5", "keep ratio 1.5"),
        ("--keep -0.5", "keep ratio -0.5"),
        ("--keep 0.5 --tau -1", "tau -1 of the exp affinity"),
        (
            "--keep 0.5 --near-duplicates -1",
            "a cosine similarity above 0",
        ),
        ("--keep nan", "keep ratio NaN"),
        ("--keep half", "a number above 0"),
        ("--keep 0.5 --count 4", "cannot be used with"),
        ("", "required"),
        ("--keep 0.5 --rule best", "invalid value 'best'"),
        ("--keep 0.5 --laplacian x", "invalid value 'x'"),
        ("--keep 0.5 --storage x", "invalid value 'x'"),
        ("--keep 0.5 --tau x", "invalid value 'x'"),
        ("--keep 0.5 --tau 0", "tau 0 of the exp affinity"),
        ("--keep 0.5 --tau nan", "tau NaN of the exp affinity"),
        ("--keep 0.5 --neighbours 65", "65 neighbours"),
        ("--keep 0.5 --steps 257", "257 solver steps: lanczos"),
        (
            "--keep 0.5 --affinity knn --storage half",
            "use storage full with affinity knn",
        ),
        (
            "--keep 0.5 --path low-rank --affinity clamp",
            "path low-rank takes affinity",
        ),
    ];
    for (flags, sentence) in cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f.npy"), matrix(32, 16, fixture)).unwrap();
        let line = format!("select --features f.npy --output k.csv {flags}");
        run(folder.path(), &line).fails(2, sentence);
        assert_eq!(entries(folder.path()), ["f.npy"], "{flags}");
    }
}

#[test]
fn too_many_rows_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("f.npy"),
        matrix(16_777_217, 1, |_, _| 1.0),
    )
    .unwrap();
    let run = run(
        folder.path(),
        "select --features f.npy --keep 0.5 --output k.csv",
    );
    run.fails(1, "16777217 rows");
}

#[test]
fn an_affinity_that_needs_too_large_a_matrix_says_which_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let rows = matrix(200_000, 1, |i, _| 1.0 + i as f64);
    std::fs::write(folder.path().join("f.npy"), rows).unwrap();
    for flags in ["--affinity knn", "--path dense"] {
        let line = format!("select --features f.npy --keep 0.5 --output k.csv {flags}");
        run(folder.path(), &line).fails(1, "any of these fits: batches of ");
    }
}

/// An empty file of this many rows and features, which takes no place on the disk.
fn sparse(folder: &std::path::Path, rows: u64, features: u64) {
    let header = npy("<f4", &format!("({rows}, {features})"), &[]);
    let path = folder.join("f.npy");
    std::fs::write(&path, &header).unwrap();
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    file.set_len(header.len() as u64 + rows * features * 4)
        .unwrap();
}

#[test]
fn a_dry_run_refuses_what_the_device_cannot_hold_and_names_flags_that_help() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (9000, 8, "--affinity exp", "similarity needs"),
        (2_000_000, 8, "", "similarity needs"),
        (1_000_000, 8, "--affinity knn", "similarity needs"),
        (8_000, 8, "--path dense", "similarity needs"),
        (7_000, 4096, "--affinity clamp", "similarity needs"),
    ];
    for (rows, features, flags, sentence) in cases {
        sparse(folder.path(), rows, features);
        let line = format!("select --features f.npy --keep 0.5 --output k.csv {flags}");
        let dry = |more: &str| run(folder.path(), &format!("{line} --dry-run {more}"));
        let refused = dry("");
        refused.fails(1, sentence);
        assert!(
            !refused.stderr.contains("higher limit"),
            "{}",
            refused.stderr
        );
        // Every flag that the message names makes it fit.
        let (_, advice) = refused.stderr.trim().rsplit_once(" (").unwrap();
        let advice = advice.trim_end_matches(')').split(", ");
        let flags: Vec<&str> = advice.filter(|flag| flag.starts_with("--")).collect();
        assert!(
            flags.iter().any(|flag| flag.starts_with("--batch ")),
            "{flags:?}"
        );
        for flag in flags {
            let name = flag.split(' ').next().unwrap();
            let given = line
                .split(" --")
                .filter(|given| !format!("--{given}").starts_with(name));
            let given: Vec<&str> = given.collect();
            let line = format!("{} --dry-run {flag}", given.join(" --"));
            let fits = run(folder.path(), &line);
            assert_eq!(fits.code, Some(0), "{rows} {flag}: {}", fits.stderr);
        }
    }
}

#[test]
fn features_that_no_buffer_holds_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    // 4 TiB that take no place on the disk.
    let header = npy("<f4", "(1048576, 1048576)", &[]);
    let path = folder.path().join("f.npy");
    std::fs::write(&path, &header).unwrap();
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    file.set_len(header.len() as u64 + (1 << 42)).unwrap();
    let line = "select --features f.npy --keep 0.5 --output k.csv";
    run(folder.path(), line).fails(1, "features needs 4398046511104 bytes");
    run(folder.path(), &format!("{line} --dry-run")).fails(1, "features needs 4398046511104 bytes");
}

#[test]
fn an_unknown_adapter_is_a_usage_error_that_lists_the_known() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f.npy"), matrix(32, 16, fixture)).unwrap();
    for name in ["Voodoo2", "99"] {
        let line = format!("select --features f.npy --keep 0.5 --output k.csv --adapter {name}");
        let run = run(folder.path(), &line);
        run.fails(2, name);
        assert!(run.stderr.contains("found: 0: "), "{}", run.stderr);
    }
    assert_eq!(entries(folder.path()), ["f.npy"]);
}

#[test]
fn an_output_that_exists_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f.npy"), matrix(32, 16, fixture)).unwrap();
    std::fs::write(folder.path().join("k.csv"), "mine").unwrap();
    let line = "select --features f.npy --keep 0.5 --output k.csv";
    run(folder.path(), line).fails(1, "k.csv exists already");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("k.csv")).unwrap(),
        "mine"
    );
    assert_eq!(run(folder.path(), &format!("{line} --force")).code, Some(0));
    let csv = std::fs::read_to_string(folder.path().join("k.csv")).unwrap();
    assert_eq!(csv.lines().count(), 33);
}

#[test]
fn an_output_that_cannot_be_is_refused_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f.npy"), matrix(32, 16, fixture)).unwrap();
    let select = |output: &str| {
        run(
            folder.path(),
            &format!("select --features f.npy --keep 0.5 --output {output}"),
        )
    };
    select("kept.txt").fails(2, ".csv, .json or .npy");
    select("none/k.csv").fails(1, "none");
    assert_eq!(entries(folder.path()), ["f.npy"]);
}
