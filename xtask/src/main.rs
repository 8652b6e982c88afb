//! What a contributor runs: `cargo xtask demo`, `cargo xtask test`, `cargo xtask assets`.

mod assets;
mod command;
mod demo;
mod test;
mod validation;
mod vulkan;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Work on gstds: see it run, check it.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Train with gstds and with random selection at the same keep ratio, and compare the two.
    Demo(demo::Args),
    /// Make the embedded files again: data set, weights, feature bank, checksums.
    Assets(assets::Args),
    /// Run every check: format, clippy, tests, docs, package, licences.
    Test,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Demo(args) => demo::run(&args),
        Task::Assets(args) => assets::run(&args),
        Task::Test => test::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
