use crate::program::{ProgramRun, gstds, run};

#[test]
fn every_adapter_is_listed_with_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path(), "devices --json");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stderr, "");
    let devices: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let devices = devices["adapters"].as_array().unwrap();
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
        let run: ProgramRun = command.output().unwrap().into();
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn the_text_lists_as_much_as_the_json() {
    let folder = tempfile::tempdir().unwrap();
    let text = run(folder.path(), "devices").stdout;
    let json: serde_json::Value =
        serde_json::from_str(&run(folder.path(), "devices --json").stdout).unwrap();
    let heads = |begins: fn(char) -> bool| text.lines().filter(|it| it.starts_with(begins)).count();
    let count = |key: &str| json[key].as_array().unwrap().len();
    assert_eq!(heads(|it| it.is_ascii_digit()), count("adapters"));
    assert_eq!(heads(|it| it == 'm'), count("missing"), "{text}");
}

#[test]
fn a_name_that_no_adapter_has_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "devices --adapter Voodoo2").fails(2, "no adapter matches 'Voodoo2'");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_driver_it_says_what_is_missing_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let without = |line: &str| -> ProgramRun {
        let mut command = gstds(folder.path());
        command.args(line.split_whitespace());
        command.env("VK_DRIVER_FILES", "/nonexistent.json");
        command.output().unwrap().into()
    };
    // Every command reports the first of it in one sentence, and nothing else.
    let bench = without("bench");
    bench.fails(3, "no GPU adapter found on vulkan");
    assert!(bench.stderr.contains("Mesa"), "{}", bench.stderr);
    assert_eq!(bench.stderr.lines().count(), 1, "{}", bench.stderr);

    let text = without("devices");
    assert_eq!((text.code, &text.stderr), (Some(3), &bench.stderr));
    let json = without("devices --json");
    assert_eq!((json.code, &json.stderr), (Some(3), &bench.stderr));
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["adapters"], serde_json::json!([]));
    let missing = value["missing"].as_array().unwrap();
    let first = |key: &str| missing[0][key].as_str().unwrap();
    assert_eq!(first("what"), "/nonexistent.json");
    assert!(first("why").contains("VK_DRIVER_FILES"), "{value}");
    assert!(first("fix").contains("unset VK_DRIVER_FILES"), "{value}");
    for it in missing {
        for key in ["what", "why", "fix"] {
            let part = it[key].as_str().unwrap();
            assert!(
                text.stdout.contains(part),
                "{part} is not in {}",
                text.stdout
            );
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_backend_of_other_systems_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path(), "bench --backend metal");
    run.fails(3, "use --backend vulkan");
}
