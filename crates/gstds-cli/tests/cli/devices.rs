use crate::program::{Run, gstds, run};

#[test]
fn every_adapter_is_listed_with_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path(), "devices --json");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stderr, "");
    let devices: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let devices = devices.as_array().unwrap();
    assert!(!devices.is_empty());
    for (index, device) in devices.iter().enumerate() {
        assert_eq!(device["index"], index);
        assert!(!device["name"].as_str().unwrap().is_empty());
        if device["usable"] == true {
            let limit = |name: &str| device["limits"][name].as_u64().unwrap();
            assert!(limit("storage_binding_bytes") > 0);
            assert!(limit("largest_batch") < limit("largest_pool"));
        } else {
            assert!(!device["error"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn a_machine_without_a_desktop_session_is_not_remarked_on() {
    let folder = tempfile::tempdir().unwrap();
    for runtime_dir in [None, Some("")] {
        let mut command = gstds(folder.path());
        command.arg("devices").env_remove("XDG_RUNTIME_DIR");
        command.envs(runtime_dir.map(|value| ("XDG_RUNTIME_DIR", value)));
        let run: Run = command.output().unwrap().into();
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn the_text_lists_as_many_adapters_as_the_json() {
    let folder = tempfile::tempdir().unwrap();
    let text = run(folder.path(), "devices").stdout;
    let json: serde_json::Value =
        serde_json::from_str(&run(folder.path(), "devices --json").stdout).unwrap();
    let heads = text.lines().filter(|line| !line.starts_with(' ')).count();
    assert_eq!(heads, json.as_array().unwrap().len());
}

#[test]
fn a_name_that_no_adapter_has_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "devices --adapter Voodoo2").fails(2, "no adapter matches 'Voodoo2'");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_driver_it_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gstds(folder.path());
    command
        .arg("devices")
        .env("VK_DRIVER_FILES", "/nonexistent.json");
    let run: Run = command.output().unwrap().into();
    run.fails(3, "no GPU adapter found");
    assert!(run.stderr.contains("Mesa"), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
}
