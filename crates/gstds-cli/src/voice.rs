//! `-q` and `-v`: how much every command says on stderr.

use gstds_train::run::Terminal;

use crate::logs;

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Args {
    /// Say nothing on stderr but errors and warnings: no progress, notes or summary lines.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Log on stderr what is decided and why; twice also what wgpu and Burn do, up to four times.
    /// RUST_LOG says so for single crates, as in RUST_LOG=gstds_train=debug,wgpu_hal=info.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Args {
    /// Makes it so for the rest of the process.
    pub(crate) fn apply(&self) {
        if self.quiet {
            return Terminal::hush();
        }
        logs::start(self.verbose, std::env::var("RUST_LOG").ok().as_deref());
    }
}
