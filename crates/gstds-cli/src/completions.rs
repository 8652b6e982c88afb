//! `gstds completions`: shell completions.

use std::io::Write as _;

use clap_complete::Shell;

use crate::exit::Failure;

/// Print shell completions for this command.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  gstds completions bash > ~/.local/share/bash-completion/completions/gstds
  gstds completions zsh > ~/.zfunc/_gstds
  gstds completions fish > ~/.config/fish/completions/gstds.fish";

pub(crate) fn run(args: &Args, mut program: clap::Command) -> Result<(), Failure> {
    // Not straight to stdout: clap_complete panics where stdout is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "gstds", &mut script);
    std::io::stdout()
        .write_all(&script)
        .map_err(Failure::Stdout)
}
