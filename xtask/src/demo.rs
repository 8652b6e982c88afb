//! Comparisons of `guided` and `jest` with both baselines on the embedded images: as they are, and
//! with a fifth of the labels wrong.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{command, vulkan};

/// What is compared, and where it goes within the demo's folder.
const PARTS: [(&str, &[&str]); 2] = [("clean", &[]), ("wrong-labels", &["--label-noise", "0.2"])];

/// Both baselines, and a method with and one without a scoring pass, at equal operations. The
/// reference's features, which are in the repository, are no part of those.
pub(crate) const COMPARE: [&str; 8] = [
    "compare",
    "--methods",
    "random,small-batch,jest,guided",
    "--budget",
    "flops",
    "--free-reference",
    "--learner",
    "resnet8-w4",
];

/// So that all of it takes less than four minutes on two cores.
const EPOCHS: &str = "3";

/// Arguments of `cargo xtask demo`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Seeds per method.
    #[arg(long, value_name = "N", default_value = "3")]
    seeds: String,
    /// Further arguments for both `gstds compare`, after `--`.
    #[arg(last = true)]
    compare: Vec<String>,
}

/// Builds, compares, and says what to look at.
pub(crate) fn run(args: &Args) -> Result<()> {
    vulkan::ensure()?;
    let gstds = build()?;
    let devices = command::output(command::program(&gstds).args(["devices", "--json"]))?;
    let devices: Value = serde_json::from_str(&devices)?;
    match usable(&devices["adapters"]) {
        Usable::Nothing => {
            bail!("no usable adapter: cargo run --release -- devices says what each adapter lacks")
        }
        Usable::Software => {
            println!("No GPU found; using a software adapter (minutes instead of seconds).");
        }
        Usable::Gpu => {}
    }
    let folder = free_folder(&command::root().join("runs"));
    // Children start at the root, and a short path is easier to read.
    let shown = folder.strip_prefix(command::root()).unwrap_or(&folder);
    for (part, flags) in PARTS {
        println!("\n== {}\n", title(part));
        let mut compare = command::program(&gstds);
        compare.args(COMPARE).args(flags).args(&args.compare);
        compare.args(["--epochs", EPOCHS, "--seeds", &args.seeds, "--out"]);
        command::run(compare.arg(shown.join(part)))?;
    }
    println!("\n{}", next(shown));
    Ok(())
}

/// Builds the program.
pub(crate) fn build() -> Result<String> {
    println!("Building (the first time includes Burn and wgpu, which takes a while on few cores)");
    let build = ["build", "--release", "--package", "gstds-cli"];
    command::run(&mut command::cargo(build))?;
    program()
}

fn title(part: &str) -> &'static str {
    match part {
        "clean" => "The embedded images, at equal operations",
        _ => "The same with a fifth of the labels wrong",
    }
}

/// Where the results are, and what to try.
fn next(folder: &Path) -> String {
    let file = |name: &str| folder.join("wrong-labels").join(name);
    let [page, picture] = ["report.html", "plots/accuracy-own-operations.png"].map(file);
    format!(
        "Report:  {}\nPicture: {}\n\nNext:\n  {}\n  {}\n  {}",
        page.display(),
        picture.display(),
        "cargo run --release -- train --method guided --label-noise 0.2",
        "cargo run --release -- select --images DIR --keep 0.1 --output kept.csv",
        "cargo run --release -- compare --help",
    )
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

/// What the usable adapters are.
#[derive(Debug, PartialEq)]
enum Usable {
    Nothing,
    /// Software adapters alone.
    Software,
    /// A GPU at least.
    Gpu,
}

fn usable(adapters: &Value) -> Usable {
    let all = adapters.as_array().into_iter().flatten();
    let mut usable = all.filter(|device| device["usable"] == true).peekable();
    if usable.peek().is_none() {
        return Usable::Nothing;
    }
    match usable.all(|device| device["type"] == "software") {
        true => Usable::Software,
        false => Usable::Gpu,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_end_names_the_report_the_picture_and_three_commands() {
        let text = next(Path::new("runs/demo-1"));
        assert!(
            text.contains("runs/demo-1/wrong-labels/report.html"),
            "{text}"
        );
        assert_eq!(text.matches("cargo run --release -- ").count(), 3, "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }

    #[test]
    fn software_is_what_is_left_when_no_gpu_is_usable() {
        let software = json!({"type": "software", "usable": true});
        let broken = json!({"type": "discrete GPU", "usable": false});
        let gpu = json!({"type": "integrated GPU", "usable": true});
        assert_eq!(usable(&json!([software, broken])), Usable::Software);
        assert_eq!(usable(&json!([software, gpu])), Usable::Gpu);
        assert_eq!(usable(&json!([broken])), Usable::Nothing);
        assert_eq!(usable(&json!([])), Usable::Nothing);
    }

    #[test]
    fn folders_of_earlier_demos_are_left_alone() {
        let runs = tempfile::tempdir().unwrap();
        assert_eq!(free_folder(runs.path()), runs.path().join("demo-1"));
        std::fs::create_dir(runs.path().join("demo-1")).unwrap();
        assert_eq!(free_folder(runs.path()), runs.path().join("demo-2"));
    }
}
