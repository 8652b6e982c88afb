//! Commands for contributors: `cargo xtask demo`, `cargo xtask test` and others, see `--help`.

mod archive;
mod assets;
mod backported_mesa;
mod bundle;
mod command;
mod demo;
mod dist;
mod front_ends;
mod isa;
mod left_out;
mod licences;
mod package;
mod pictures;
mod program;
#[path = "../../crates/gstds-testing/src/required.rs"]
mod required;
mod swiftshader;
#[path = "../../crates/gstds-cli/src/doctor/vulkan.rs"]
mod system;
mod test;
mod validation;
mod vulkan;
mod wasm;
mod wheel;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Run, check and maintain gstds.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compare four methods on the embedded images, as they are and with a fifth of the labels wrong.
    Demo(demo::Args),
    /// Make the embedded files again: data set, weights, feature bank, checksums.
    Assets(assets::Args),
    /// Pack programs, tests and benchmarks for a machine with nothing but a Vulkan driver (Linux).
    Bundle(bundle::Args),
    /// Pack the program for its users: with manual pages, completions and all licences.
    Dist(dist::Args),
    /// Install what the checks use: a Vulkan driver, the validation layer, spirv-val (Debian), the
    /// shader compilers Tint and DXC, and maturin with what the Python tests need (into target/).
    Packages,
    /// Compile every kernel for an AMD GPU that need not be there, and compare with
    /// docs/benchmarks/isa.md (Linux, Mesa).
    Isa(isa::Args),
    /// Make the pictures of README and documentation again, by comparisons that take minutes.
    Pictures,
    /// Run every check: format, clippy, tests, docs, package, licences.
    Test(test::Args),
    /// Build the Python wheel, install it into a fresh environment, and run its tests there.
    Wheel,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Demo(args) => demo::run(&args),
        Task::Assets(args) => assets::run(&args),
        Task::Bundle(args) => bundle::run(&args),
        Task::Dist(args) => dist::run(&args),
        Task::Packages => packages(),
        Task::Isa(args) => isa::run(&args),
        Task::Pictures => pictures::run(),
        Task::Test(args) => test::run(&args),
        Task::Wheel => wheel::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn packages() -> anyhow::Result<()> {
    vulkan::install_packages()?;
    front_ends::install();
    if let Err(error) = wheel::install() {
        println!("What the Python wheel is built with could not be installed: {error:#}");
    }
    Ok(())
}
