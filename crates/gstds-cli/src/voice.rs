//! `-q` and `-v`: how much every command prints on stderr.

use gstds_train::run::Terminal;

use crate::logs;

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Args {
    /// Print only errors and warnings on stderr.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Log decisions and their reasons on stderr; repeat for more, up to -vvvv.
    ///
    /// -vv also logs what wgpu and Burn do. RUST_LOG sets levels by crate, as in
    /// RUST_LOG=gstds_train=debug,wgpu_hal=info.
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
