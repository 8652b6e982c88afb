//! The default training twice, with gstds and with random selection at the same keep ratio and
//! seed, and a comparison of the two.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{command, vulkan};

const METHODS: [&str; 2] = ["gstds", "random"];

/// Arguments of `cargo xtask demo`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fraction of each batch to keep [default: that of `gstds train`, 0.25].
    #[arg(long)]
    keep: Option<String>,
    /// Seed of both runs.
    #[arg(long, default_value = "0")]
    seed: String,
    /// Further arguments for both `gstds train`, after `--`.
    #[arg(last = true)]
    train: Vec<String>,
}

/// Builds, trains twice, compares.
pub(crate) fn run(args: &Args) -> Result<()> {
    vulkan::ensure()?;
    println!("Building (the first time includes Burn and wgpu, which takes a while on few cores)");
    command::run(&mut command::cargo([
        "build",
        "--release",
        "--package",
        "gstds-cli",
    ]))?;
    let gstds = program()?;
    let devices = command::output(command::program(&gstds).args(["devices", "--json"]))?;
    let devices: Value = serde_json::from_str(&devices)?;
    if only_software(&devices["adapters"]) {
        println!("No GPU found; using a software adapter (minutes instead of seconds).");
    }
    let folder = free_folder(&command::root().join("runs"));
    let mut summaries = Vec::new();
    for method in METHODS {
        let out = folder.join(method);
        let mut train = command::program(&gstds);
        train.args(["train", "--method", method, "--seed", &args.seed]);
        // Not by default: it would contradict a schedule with numbers among the further arguments.
        if let Some(keep) = &args.keep {
            train.args(["--keep", keep]);
        }
        // Children start at the root, and a short path is easier to read.
        let shown = out.strip_prefix(command::root()).unwrap_or(&out);
        command::run(train.arg("--out").arg(shown).args(&args.train))?;
        summaries.push(RunFigures::read(&out.join("summary.json"))?);
    }
    println!("\n{}", comparison(&summaries[0], &summaries[1]));
    Ok(())
}

/// The program just built, wherever the target folder is.
fn program() -> Result<String> {
    let name = format!("gstds{}", std::env::consts::EXE_SUFFIX);
    let path = command::target()?.join("release").join(name);
    path.into_os_string()
        .into_string()
        .ok()
        .context("the target folder's name is not Unicode")
}

/// Whether every usable adapter is a software adapter.
fn only_software(adapters: &Value) -> bool {
    let usable = adapters
        .as_array()
        .into_iter()
        .flatten()
        .filter(|device| device["usable"] == true);
    usable
        .into_iter()
        .all(|device| device["type"] == "software")
}

/// The first of `demo-1`, `demo-2`, ... in `runs` that does not exist.
fn free_folder(runs: &Path) -> PathBuf {
    let mut number = 1;
    loop {
        let folder = runs.join(format!("demo-{number}"));
        if !folder.exists() {
            return folder;
        }
        number += 1;
    }
}

/// The figures of a run that the comparison shows.
#[derive(Debug)]
struct RunFigures {
    accuracy: f64,
    samples: u64,
    seconds: f64,
}

impl RunFigures {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let summary = serde_json::from_str(&text)
            .with_context(|| format!("{} is not JSON", path.display()))?;
        Self::from_json(&summary).with_context(|| format!("in {}", path.display()))
    }

    fn from_json(summary: &Value) -> Result<Self> {
        let figures = (
            summary["test_accuracy"].as_f64(),
            summary["samples_kept"].as_u64(),
            summary["seconds"]["total"].as_f64(),
        );
        let (Some(accuracy), Some(samples), Some(seconds)) = figures else {
            bail!("test_accuracy, samples_kept or seconds.total is missing");
        };
        Ok(Self {
            accuracy,
            samples,
            seconds,
        })
    }
}

/// Four lines: the columns, one run each, and the conclusion.
fn comparison(gstds: &RunFigures, random: &RunFigures) -> String {
    let line = |name: &str, run: &RunFigures| {
        let RunFigures {
            accuracy,
            samples,
            seconds,
        } = run;
        format!(
            "{name:<8}{:>11.1} %{samples:>28}{seconds:>12.1}\n",
            accuracy * 100.0
        )
    };
    format!(
        "{:<8}{:>13}{:>28}{:>12}\n{}{}Difference {:+.1} points; one seed is not evidence either way (README.md, What to expect).",
        "method",
        "test accuracy",
        "samples back-propagated",
        "seconds",
        line(METHODS[0], gstds),
        line(METHODS[1], random),
        (gstds.accuracy - random.accuracy) * 100.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn summary(accuracy: f64) -> RunFigures {
        let seconds = json!({"training": 90.0, "total": 123.44});
        let summary =
            json!({"test_accuracy": accuracy, "samples_kept": 15_000, "seconds": seconds});
        RunFigures::from_json(&summary).unwrap()
    }

    #[test]
    fn the_comparison_has_four_lines_under_one_another() {
        let text = comparison(&summary(0.712), &summary(0.7185));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(
            lines[1].starts_with("gstds") && lines[1].contains("71.2 %"),
            "{text}"
        );
        assert!(
            lines[2].starts_with("random") && lines[2].ends_with("123.4"),
            "{text}"
        );
        assert_eq!(lines[0].len(), lines[1].len());
        assert_eq!(lines[1].len(), lines[2].len());
        assert_eq!(
            lines[3],
            "Difference -0.7 points; one seed is not evidence either way (README.md, What to expect)."
        );
    }

    #[test]
    fn a_summary_without_its_figures_is_refused() {
        let message = RunFigures::from_json(&json!({"test_accuracy": 0.5}))
            .unwrap_err()
            .to_string();
        assert!(message.contains("samples_kept"), "{message}");
    }

    #[test]
    fn software_is_what_is_left_when_no_gpu_is_usable() {
        let software = json!({"type": "software", "usable": true});
        let broken = json!({"type": "discrete GPU", "usable": false});
        let gpu = json!({"type": "integrated GPU", "usable": true});
        assert!(only_software(&json!([software, broken])));
        assert!(!only_software(&json!([software, gpu])));
    }

    #[test]
    fn folders_of_earlier_demos_are_left_alone() {
        let runs = tempfile::tempdir().unwrap();
        assert_eq!(free_folder(runs.path()), runs.path().join("demo-1"));
        std::fs::create_dir(runs.path().join("demo-1")).unwrap();
        assert_eq!(free_folder(runs.path()), runs.path().join("demo-2"));
    }
}
