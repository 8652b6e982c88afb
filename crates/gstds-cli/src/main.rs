//! The command `gstds`: data selection by Fiedler vector, and training with it, on the GPU.

mod adapter;
mod bench;
mod compare;
mod conditions;
mod destination;
mod devices;
mod driver;
mod dry_run;
mod exit;
mod feature_file;
mod features;
mod graph;
mod images;
mod inspect;
mod interrupt;
mod matrix;
mod npy;
mod optimiser;
mod reference;
mod report;
mod select;
mod train;
mod training;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Choose what to train on by the Fiedler vector of each batch, on the GPU.
///
/// Exit codes: 0 done, 1 failed, 2 usage, 3 no usable GPU adapter, 130 stopped by Ctrl-C, 143 by
/// SIGTERM.
#[derive(Parser)]
#[command(name = "gstds", version)]
struct Cli {
    #[command(flatten)]
    adapter: adapter::Args,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Args),
    Compare(Box<compare::Args>),
    Devices(devices::Args),
    Features(features::Args),
    Inspect(Box<inspect::Args>),
    Report(report::Args),
    Select(Box<select::Args>),
    Train(Box<train::Args>),
}

fn main() -> ExitCode {
    driver::quieten();
    let cli = Cli::parse();
    let adapter = &cli.adapter;
    exit::code(match cli.command {
        Command::Bench(args) => bench::run(&args, adapter),
        Command::Compare(args) => compare::run(&args, adapter),
        Command::Devices(args) => devices::run(&args, adapter),
        Command::Features(args) => features::run(&args, adapter),
        Command::Inspect(args) => inspect::run(&args, adapter),
        Command::Report(args) => report::run(&args, adapter),
        Command::Select(args) => select::run(&args, adapter),
        Command::Train(args) => train::run(&args, adapter),
    })
}
