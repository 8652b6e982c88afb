//! The command `gstds`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gstds_cli::run()
}
