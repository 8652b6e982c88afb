//! `-q` and `-v`: how much every command prints to stderr.

use crate::{console, logs};

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Args {
    /// Print only errors and warnings.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Log decisions and their reasons to stderr.
    ///
    /// Repeat it up to four times for more. Twice adds what wgpu and Burn log. RUST_LOG sets levels
    /// by crate, as in RUST_LOG=gstds_train=debug,wgpu_hal=info.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Args {
    /// Applies the flags for the rest of the process.
    pub(crate) fn apply(&self) {
        if self.quiet {
            return console::silence();
        }
        logs::start(self.verbose, std::env::var("RUST_LOG").ok().as_deref());
    }
}
