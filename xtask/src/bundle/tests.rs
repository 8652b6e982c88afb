use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::*;

#[test]
fn all_files_of_the_bundle_are_in_the_repository() {
    for file in FILES.iter().chain(&[SCRIPT]) {
        assert!(command::root().join(file).exists(), "{file}");
    }
    for test in LEFT_OUT.into_iter().filter(|it| *it != "gstds_bench") {
        let places = ["tests", "benches/tests"];
        let mut sources = places.map(|place| format!("{place}/{test}.rs")).into_iter();
        assert!(
            sources.any(|it| command::root().join(it).exists()),
            "{test}"
        );
    }
    for example in EXAMPLES {
        let source = format!("benches/examples/{example}.rs");
        assert!(command::root().join(source).exists(), "{example}");
    }
}

#[test]
fn the_script_uses_what_the_bundle_holds() {
    let script = fs::read_to_string(command::root().join(SCRIPT)).unwrap();
    let mut used: Vec<&str> = script.split("$here/").skip(1).collect();
    used.iter_mut().for_each(|it| {
        let end = it.find(|c: char| !c.is_alphanumeric() && !"-._/".contains(c));
        *it = it[..end.unwrap_or(it.len())].trim_end_matches('/');
    });
    let examples = EXAMPLES.map(|name| format!("examples/{name}"));
    let programs = ["gstds", "gstds-autotune", "tests", "COMMIT", "TARGET"];
    let held = |it: &str| {
        let is = |known: &str| it == known || it.starts_with(&format!("{known}/"));
        programs.contains(&it)
            || FILES.into_iter().any(is)
            || examples.iter().any(|name| is(name))
            || it == "lib"
            || it == "lib/libvulkan.so.1"
    };
    assert!(used.contains(&"benches/peers/peers.py"), "{used:?}");
    for file in used {
        assert!(held(file), "{file}");
    }
}

#[test]
fn the_archive_of_two_streams_unpacks_to_what_was_packed() {
    let parent = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("gstds", "program"),
        ("tests/a", "test"),
        ("tests/b", "other"),
    ] {
        let file = parent.path().join(FOLDER).join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let archive = parent.path().join("archive.tar.xz");
    let bytes = pack(parent.path(), &archive).unwrap();
    assert_eq!(fs::metadata(&archive).unwrap().len(), bytes);
    let unpacked = tempfile::tempdir().unwrap();
    let mut tar = command::program("tar");
    command::run(tar.arg("xf").arg(&archive).arg("-C").arg(unpacked.path())).unwrap();
    for (name, text) in [
        ("gstds", "program"),
        ("tests/a", "test"),
        ("tests/b", "other"),
    ] {
        let file = unpacked.path().join(FOLDER).join(name);
        assert_eq!(fs::read_to_string(file).unwrap(), text, "{name}");
    }
}

#[test]
fn a_bundle_above_the_limit_is_refused() {
    assert!(check_size(LIMIT).is_ok());
    let message = check_size(LIMIT + 1).unwrap_err().to_string();
    assert!(message.contains("40000001 bytes"), "{message}");
}

const PROGRAM: &str = r#"#!/bin/sh
case "$*" in
"devices --json") echo '{"adapters":[{"type":"software","usable":true}]}' ;;
devices) echo '0: "stub" driver' ;;
bench*) echo 'adapter: the "stub"'; echo '| table |' ;;
train*) for out; do :; done; mkdir "$out"; cat >"$out/summary.json" <<'EOF'
{
  "learner": "resnet8",
  "steps": 6,
  "flops": {
    "selection": 99
  },
  "seconds": {
    "selection": 1.5,
    "total": 48.4
  }
}
EOF
;;
esac
"#;

/// A bundle of stubs: the second of its test programs is `test`.
fn stubs(test: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let passes = "#!/bin/sh\necho 'test result: ok. 3 passed; 0 failed; 0 ignored'";
    let stubs = [
        ("gstds", PROGRAM),
        ("tests/b", passes),
        ("tests/c", test),
        ("tests/d", passes),
        ("COMMIT", "abc1234\n"),
    ];
    for (name, text) in stubs {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        assert!(
            Command::new("chmod")
                .arg("+x")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
    }
    copy(&command::root().join(SCRIPT), &folder.path().join("run.sh")).unwrap();
    folder
}

/// Runs the script for `seconds`; its output, and the reports it wrote.
fn run_script(bundle: &TempDir, seconds: &str) -> (Output, Value, String) {
    // Not started by its name: a program that another test starts just then may still hold the file
    // open for writing, and the system refuses to execute such a file.
    let output = Command::new("sh")
        .arg(bundle.path().join("run.sh"))
        .current_dir(bundle.path())
        .env("GSTDS_BUNDLE_SECONDS", seconds)
        .output()
        .unwrap();
    let read = |name| fs::read_to_string(bundle.path().join("results").join(name)).unwrap();
    let report = serde_json::from_str(&read("report.json")).unwrap();
    (output, report, read("report.md"))
}

fn result<'a>(report: &'a Value, step: &str) -> &'a Value {
    let steps = report["steps"].as_array().unwrap();
    let found = steps.iter().find(|it| it["step"] == step);
    &found.unwrap_or_else(|| panic!("{step}: {report}"))["result"]
}

#[cfg(target_os = "linux")]
#[test]
fn a_step_that_fails_is_recorded_and_the_next_ones_run() {
    let fails = "#!/bin/sh\necho 'test x ... FAILED'\n\
                 echo 'test result: FAILED. 1 passed; 1 failed;'\nexit 101";
    let (output, report, page) = run_script(&stubs(fails), "60");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(result(&report, "test-c"), "failed: exit code 101");
    for step in ["devices", "test-b", "test-d", "bench", "train-gstds"] {
        assert_eq!(result(&report, step), "ok", "{step}");
    }
    assert_eq!(report["commit"], "abc1234");
    assert_eq!(report["adapter"], "the \"stub\"");
    for line in [
        "| test-c | failed: exit code 101 | 0 | 1 passed; 1 failed |",
        "- x",
        "| table |",
        "| train-gstds | resnet8 | 6 |  |  |  |  | 1.5 | 48.4 |",
    ] {
        assert!(page.lines().any(|it| it == line), "{line}\n{page}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_done_is_kept_when_time_ends() {
    let (output, report, page) = run_script(&stubs("#!/bin/sh\nexec sleep 60"), "8");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(result(&report, "test-b"), "ok");
    let stopped = result(&report, "test-c").as_str().unwrap();
    assert!(stopped.starts_with("stopped: time limit of"), "{stopped}");
    assert_eq!(result(&report, "train-gstds"), "left out: no time left");
    assert!(page.contains("3 passed; 0 failed"), "{page}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_an_adapter_the_script_says_what_vulkan_needs() {
    let bundle = stubs("");
    let program = bundle.path().join("gstds");
    fs::write(&program, "#!/bin/sh\necho '{\"adapters\":[]}'").unwrap();
    let output = Command::new(bundle.path().join("run.sh"))
        .current_dir(bundle.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("VK_DRIVER_FILES"), "{said}");
}

#[test]
fn what_dist_optimises_is_optimised_in_the_bundle() {
    let manifest = fs::read_to_string(command::root().join("Cargo.toml")).unwrap();
    let settings = optimised(&manifest);
    for setting in ["cubek-matmul.opt-level=\"s\"", "burn-fusion.opt-level=3"] {
        let whole = format!("profile.release.package.{setting}");
        assert!(settings.contains(&whole), "{settings:?}");
    }
    assert_eq!(
        settings.len(),
        manifest.matches("[profile.release.package.").count()
    );
}
