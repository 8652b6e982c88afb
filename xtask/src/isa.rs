//! Every kernel compiled for an AMD GPU that need not be there, and how that compares with
//! docs/benchmarks/isa.md.

mod capture;
mod compare;
mod model;
mod page;
mod parse;
mod prediction;
mod selection;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::system::{Need, System};
use capture::{Capture, Wanted};
use compare::compare;
use page::Page;

/// What `cargo xtask isa` does with what was compiled.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write docs/benchmarks/isa.md.
    #[arg(long)]
    accept: bool,
    /// Predict microseconds of selections on named GPUs, and write them to docs/benchmarks/isa.md.
    #[arg(long)]
    predict: bool,
}

/// Compiles, and compares or writes.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(missing) = missing() {
        bail!("{missing}");
    }
    let captured = Capture::run(&Wanted::AnyMesa)?.context("no version is left out")?;
    let new = new_page(&captured)?;
    if args.predict {
        println!("{}", new.prediction);
    }
    match (args.accept, args.predict) {
        (true, _) => write(&new),
        (false, true) => write(&Page {
            prediction: new.prediction,
            ..kept()?
        }),
        (false, false) => against(&kept()?, &new),
    }
}

/// The check of `cargo xtask test`: left out where Mesa is another.
pub(crate) fn check() -> Result<()> {
    if let Some(missing) = missing() {
        println!("{missing}, so this check is left out");
        return Ok(());
    }
    let kept = kept()?;
    match Capture::run(&Wanted::Mesa(kept.mesa.clone()))? {
        Some(captured) => against(&kept, &new_page(&captured)?),
        None => {
            let mesa = &kept.mesa;
            println!("Mesa is not {mesa} of docs/benchmarks/isa.md, so this check is left out");
            Ok(())
        }
    }
}

/// What this system lacks to compile.
fn missing() -> Option<String> {
    let system = System::here();
    if system.os != "linux" {
        return Some("Mesa's RADV is compiled for on Linux alone".into());
    }
    let radeon = |file: &PathBuf| file.to_string_lossy().contains("radeon_icd");
    let found = system.has_loader() && system.drivers().iter().any(radeon);
    let install = || {
        format!(
            "Mesa's RADV is not installed; {}",
            system.install(Need::Amd)
        )
    };
    (!found).then(install)
}

fn path() -> PathBuf {
    command::root().join("docs/benchmarks/isa.md")
}

fn kept() -> Result<Page> {
    let path = path();
    let read = std::fs::read_to_string(&path).map_err(anyhow::Error::from);
    let page = read.and_then(|text| Page::parse(&text));
    page.with_context(|| format!("{}; `cargo xtask isa --accept` writes it", path.display()))
}

fn write(page: &Page) -> Result<()> {
    std::fs::write(path(), page.markdown())?;
    println!(
        "docs/benchmarks/isa.md: {} kernels, Mesa {}",
        page.kernels.len(),
        page.mesa
    );
    Ok(())
}

fn new_page(captured: &Capture) -> Result<Page> {
    let date = command::output(command::program("date").args(["-u", "+%F"]))?;
    Ok(Page {
        mesa: captured.mesa.clone(),
        date: date.trim().into(),
        kernels: captured.kernels.clone(),
        prediction: prediction::section(captured)?,
    })
}

fn against(kept: &Page, new: &Page) -> Result<()> {
    let Some(found) = compare(kept, new) else {
        let [old, new] = [&kept.mesa, &new.mesa];
        println!("docs/benchmarks/isa.md was made by Mesa {old}, this is {new}: not compared");
        return Ok(());
    };
    if found.better > 0 {
        let (loops, keeps) = (found.better, "`cargo xtask isa --accept` keeps that");
        println!("{loops} inner loops take fewer instructions than on the page: {keeps}");
    }
    if found.worse.is_empty() {
        println!(
            "{} kernels: no inner loop is slower than on the page",
            new.kernels.len()
        );
        return Ok(());
    }
    bail!(
        "compiled kernels are slower than in docs/benchmarks/isa.md, or others:\n  {}\n\
         `cargo xtask isa --accept` keeps them",
        found.worse.join("\n  ")
    )
}
