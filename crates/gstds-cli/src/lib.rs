//! The command `gstds`: data selection by Fiedler vector, and training with it, on the GPU.
//!
//! The binary calls [`run`]; [`command`] is for what is generated from the help.

mod adapter;
mod bench;
#[cfg(feature = "train")]
mod compare;
mod completions;
mod console;
mod devices;
mod doctor;
mod driver;
#[cfg(feature = "train")]
mod dry_run;
mod exit;
#[cfg(feature = "train")]
mod feature_file;
#[cfg(feature = "train")]
mod features;
mod graph;
mod image_paths;
#[cfg_attr(not(feature = "train"), path = "image_pool/unavailable.rs")]
mod image_pool;
#[cfg(feature = "train")]
mod images;
mod inspect;
mod interrupt;
mod loaded_pool;
mod logs;
mod man;
#[cfg(feature = "train")]
mod overrides;
mod pool_classes;
mod pool_input;
mod pool_rule;
mod ratios;
#[cfg(feature = "train")]
mod reference;
#[cfg(feature = "train")]
mod report;
mod select;
#[cfg(feature = "train")]
mod shell_word;
mod short_help;
mod terminal;
#[cfg(feature = "train")]
mod train;
#[cfg(feature = "train")]
mod training;
mod usage;
mod verbosity;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Choose what to train on, by the spectrum of a similarity graph, on the GPU.
///
/// Exit codes: 0 done, 1 failed, 2 usage, 3 no usable GPU adapter, 130 stopped by Ctrl-C, 141
/// stdout closed, 143 stopped by SIGTERM.
#[derive(Parser)]
#[command(name = "gstds", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    adapter: adapter::Args,
    #[command(flatten)]
    verbosity: verbosity::Args,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Args),
    #[cfg(feature = "train")]
    Compare(Box<compare::Args>),
    Completions(completions::Args),
    Devices(devices::Args),
    #[cfg(feature = "train")]
    Features(features::Args),
    Inspect(Box<inspect::Args>),
    Man(man::Args),
    #[cfg(feature = "train")]
    Report(report::Args),
    Select(Box<select::Args>),
    #[cfg(feature = "train")]
    Train(Box<train::Args>),
}

#[cfg(feature = "train")]
const EXAMPLES: &str = "\
Examples:
  gstds devices
  gstds train --method guided --label-noise 0.2
  gstds features --images photos --output photos.npy
  gstds select --features photos.npy --keep 0.1 --output kept.csv
  gstds compare --methods random,small-batch,guided --seeds 5";

#[cfg(not(feature = "train"))]
const EXAMPLES: &str = "\
Examples:
  gstds devices
  gstds select --features photos.npy --keep 0.1 --output kept.csv
  gstds inspect --features photos.npy --keep 0.1 --out look";

/// The definition of the command: its subcommands, flags and help.
#[must_use]
pub fn command() -> clap::Command {
    with_negative_numbers(Cli::command())
}

/// Lets every flag with a value take a negative number, so that the flag's own range answers and
/// not "unexpected argument".
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| match arg.get_action().takes_values() {
        true => arg.allow_negative_numbers(true),
        false => arg,
    });
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().into())
        .collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, with_negative_numbers)
    })
}

/// What the words of a command line ask for.
fn parse(words: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, clap::Error> {
    let words: Vec<_> = words.into_iter().collect();
    let command = match short_help::is_asked(&words) {
        true => short_help::with(command()),
        false => command(),
    };
    Cli::from_arg_matches(&command.try_get_matches_from(words)?)
}

/// Runs the command with the arguments of this process and reports on stderr what fails.
///
/// Must be called before other threads start: it sets environment variables of the process. The
/// help lists the exit codes.
#[must_use]
pub fn run() -> ExitCode {
    driver::quieten();
    driver::quieten_decoders();
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage::end(&error),
    };
    cli.verbosity.apply();
    let adapter = &cli.adapter;
    exit::code(match cli.command {
        Command::Bench(args) => bench::run(&args, adapter),
        #[cfg(feature = "train")]
        Command::Compare(args) => compare::run(&args, adapter),
        Command::Completions(args) => completions::run(&args, command()),
        Command::Devices(args) => devices::run(&args, adapter),
        #[cfg(feature = "train")]
        Command::Features(args) => features::run(&args, adapter),
        Command::Inspect(args) => inspect::run(&args, adapter),
        Command::Man(args) => man::run(&args, command()),
        #[cfg(feature = "train")]
        Command::Report(args) => report::run(&args, adapter),
        Command::Select(args) => select::run(&args, adapter),
        #[cfg(feature = "train")]
        Command::Train(args) => train::run(&args, adapter),
    })
}

#[cfg(test)]
mod tests;
