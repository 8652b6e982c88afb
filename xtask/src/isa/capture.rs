//! Runs the kernel crate's test that compiles everything, on RADV's null device, and reads what
//! test and driver print.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::parse::{Kernel, Reader};
use super::selection::{Recording, Selection};
use crate::command;

/// What was compiled.
#[derive(Default)]
pub(crate) struct Capture {
    /// Mesa's version.
    pub mesa: String,
    pub kernels: Vec<Kernel>,
    /// Selections whose times are predicted, by options, path and rows.
    pub selections: Vec<Selection>,
    recording: Recording,
    /// The options that the test is at.
    options: String,
    reader: Reader,
}

/// Which Mesa is worth the seconds that it takes.
pub(crate) enum Wanted {
    AnyMesa,
    Mesa(String),
}

/// Names of options of the test whose selections are predicted.
const PREDICTED: [&str; 6] = [
    "preset",
    "un",
    "preset, twice",
    "un, twice",
    "preset, integrated",
    "un, integrated",
];

/// Last lines that are shown where the test fails.
const SHOWN: usize = 20;

impl Capture {
    /// Compiles everything; none where Mesa is not the one wanted.
    pub fn run(wanted: &Wanted) -> Result<Option<Self>> {
        let mut child = test()?.stderr(Stdio::piped()).spawn()?;
        let mut capture = Self::default();
        let mut last = VecDeque::new();
        let output = child.stderr.take().context("stderr is piped")?;
        for line in BufReader::new(output).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            let Some(said) = line.strip_prefix("@gstds ") else {
                if let Some(kernel) = capture.reader.line(&line) {
                    capture.add(kernel);
                }
                last.push_back(line);
                if last.len() > SHOWN {
                    last.pop_front();
                }
                continue;
            };
            capture.said(said)?;
            if let Wanted::Mesa(version) = wanted
                && !capture.mesa.is_empty()
                && capture.mesa != *version
            {
                return stop(child).map(|()| None);
            }
        }
        if !child.wait()?.success() {
            last.iter().for_each(|line| eprintln!("{line}"));
            bail!("not every kernel was compiled");
        }
        ensure!(!capture.kernels.is_empty(), "the driver printed no kernel");
        ensure!(!capture.selections.is_empty(), "no selection was recorded");
        capture.kernels.sort_by(|a, b| a.name.cmp(&b.name));
        let key = |it: &Selection| (it.options.clone(), it.rows);
        capture.selections.sort_by_key(key);
        Ok(Some(capture))
    }

    /// Takes a line of the test's.
    fn said(&mut self, line: &str) -> Result<()> {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        match what {
            "adapter" => {
                let mesa = rest
                    .split_once("| Mesa ")
                    .with_context(|| rest.to_owned())?;
                ensure!(rest.contains("RADV"), "compiled by {rest}, not by RADV");
                self.mesa = mesa.1.trim().into();
            }
            "options" => self.options = rest.into(),
            "pipeline" => {
                let (name, _) = rest.split_once(" |").with_context(|| rest.to_owned())?;
                self.reader.begin(name.trim_start_matches("gstds "));
            }
            _ => {
                let ended = self.recording.line(what, rest)?;
                // Recorded again without subgroups, which is not what GPUs run.
                let known = |new: &Selection| {
                    let key = |it: &Selection| (it.options.clone(), it.path.clone(), it.rows);
                    self.selections.iter().any(|it| key(it) == key(new))
                };
                let options = self.options.clone();
                let new = ended.map(|it| Selection { options, ..it });
                let is_new =
                    |new: &Selection| PREDICTED.contains(&new.options.as_str()) && !known(new);
                let new = new.filter(is_new);
                self.selections.extend(new);
            }
        }
        Ok(())
    }

    /// Keeps a kernel that is not there yet. Options change the constants behind a name, which is
    /// worth a row where it changes an inner loop.
    fn add(&mut self, mut kernel: Kernel) {
        let named = |it: &&Kernel| it.name.split(", ").next() == Some(&kernel.name);
        let mut known = self.kernels.iter().filter(named).peekable();
        let is_new = known.peek().is_none();
        if known.any(|it| (&it.loops, it.spills) == (&kernel.loops, kernel.spills)) {
            return;
        }
        if !is_new {
            kernel.name = format!("{}, {}", kernel.name, self.options);
        }
        self.kernels.push(kernel);
    }
}

/// The test, with everything the driver needs in its environment.
fn test() -> Result<Command> {
    const NULL_DRIVER: [&str; 6] = [
        "build",
        "--release",
        "--package",
        "xtask",
        "--example",
        "null_radv",
    ];
    command::run(command::cargo(NULL_DRIVER).arg("--quiet"))?;
    let manifest = manifest()?;
    // The packages of the kernel tests, so that nothing is compiled again for other features.
    let mut test = command::cargo([
        "test",
        "--release",
        "--package",
        "gstds",
        "--package",
        "gstds-bench",
        "--lib",
        "--",
        "--ignored",
        "--exact",
        "--nocapture",
        "kernel::tests::every_permutation_is_compiled",
    ]);
    test.env("VK_ICD_FILENAMES", &manifest)
        .env("VK_DRIVER_FILES", &manifest)
        .env("RADV_FORCE_FAMILY", "NAVI21")
        .env("RADV_DEBUG", "shaders,shaderstats,nocache")
        .env_remove("VK_INSTANCE_LAYERS")
        .stdout(Stdio::null());
    Ok(test)
}

/// What makes the loader take our driver: examples lie in a folder beside this program.
fn manifest() -> Result<std::path::PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program
        .parent()
        .context("programs lie in folders")?
        .join("examples");
    let library = folder.join("libnull_radv.so");
    let driver = serde_json::json!({ "library_path": library, "api_version": "1.3.0" });
    let manifest = serde_json::json!({ "file_format_version": "1.0.0", "ICD": driver });
    let path = folder.join("null_radv.json");
    std::fs::write(&path, manifest.to_string())?;
    Ok(path)
}

/// Ends what is not worth waiting for.
fn stop(mut child: Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}
