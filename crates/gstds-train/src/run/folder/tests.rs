use super::*;

#[test]
fn an_existing_folder_is_refused_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a").join("run");
    let folder = RunFolder::create(&path).unwrap();
    folder.write("config.toml", b"first").unwrap();
    let again = RunFolder::create(&path).unwrap_err();
    assert!(
        matches!(&again, Error::RunExists { path: p } if *p == path),
        "{again}"
    );
    assert_eq!(fs::read(path.join("config.toml")).unwrap(), b"first");
}

#[test]
fn a_run_whose_first_write_fails_leaves_no_folder() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("run");
    // `metrics.jsonl` is a file already, so nothing can be written below it.
    let error = RunFolder::begin_with(&path, "metrics.jsonl/config.toml", b"seed = 1");
    let error = error.unwrap_err();
    assert!(
        matches!(
            &error,
            crate::Error::Data(gstds_data::Error::Io {
                action: "writing",
                ..
            })
        ),
        "{error}"
    );
    assert!(!path.exists());
    RunFolder::begin(&path, "seed = 2").unwrap();
    assert_eq!(fs::read(path.join("config.toml")).unwrap(), b"seed = 2");
}

#[test]
fn a_run_that_ended_meanwhile_is_not_reopened() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("run");
    drop(RunFolder::create(&path).unwrap());
    drop(RunFolder::reopen(&path).unwrap());
    fs::write(path.join(SUMMARY), b"{}").unwrap();
    let error = RunFolder::reopen(&path).unwrap_err();
    assert!(matches!(error, Error::RunFinished { .. }), "{error}");
}

#[test]
fn files_appear_whole_under_their_name_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(&root.path().join("run")).unwrap();
    folder.write("kept/epoch-1.json", b"[1]").unwrap();
    folder.write("kept/epoch-1.json", b"[2]").unwrap();
    let names: Vec<_> = fs::read_dir(folder.path().join("kept")).unwrap().collect();
    assert_eq!(names.len(), 1);
    assert_eq!(
        fs::read(folder.path().join("kept/epoch-1.json")).unwrap(),
        b"[2]"
    );
}

#[test]
fn metrics_are_lines_of_json() {
    let root = tempfile::tempdir().unwrap();
    let mut folder = RunFolder::create(&root.path().join("run")).unwrap();
    for step in 0..3 {
        folder.append(&serde_json::json!({ "step": step })).unwrap();
    }
    let text = fs::read_to_string(folder.path().join("metrics.jsonl")).unwrap();
    assert_eq!(text, "{\"step\":0}\n{\"step\":1}\n{\"step\":2}\n");
}

#[test]
fn a_place_where_no_folder_can_be_is_an_error_with_its_path() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = RunFolder::create(&file.join("run")).unwrap_err();
    assert!(
        matches!(
            &error,
            crate::Error::Data(gstds_data::Error::Io {
                action: "creating",
                ..
            })
        ),
        "{error}"
    );
    assert!(error.to_string().contains("file"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let root = tempfile::tempdir().unwrap();
    let mut folder = RunFolder::create(&root.path().join("run")).unwrap();
    folder.metrics = File::options().write(true).open("/dev/full").unwrap();
    let error = folder.append(&"line").unwrap_err().to_string();
    assert!(
        error.contains("metrics.jsonl") && error.contains("space"),
        "{error}"
    );
}

#[test]
fn free_paths_count_up() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(
        RunFolder::free_path(root.path(), "gstds"),
        root.path().join("gstds-1")
    );
    fs::create_dir(root.path().join("gstds-1")).unwrap();
    assert_eq!(
        RunFolder::free_path(root.path(), "gstds"),
        root.path().join("gstds-2")
    );
}
