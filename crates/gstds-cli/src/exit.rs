//! What ends a command: its sentence on stderr and its exit code.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Style};
use gstds_train::run::Terminal;

use crate::{destination, doctor, interrupt, matrix};

/// 128 and the signal's number, as shells have it of programs that a closed pipe ends.
const CLOSED_PIPE: u8 = 141;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Why a command ended without its result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Features(#[from] matrix::Error),
    #[error("{0}")]
    Input(String),
    #[error("{part}: {source}")]
    Part { part: String, source: gstds::Error },
    #[error("stopped; nothing was written")]
    Stopped,
    #[error("stopped before the report was made: gstds report {out} --out {out}")]
    StoppedBeforeReport { out: String },
    #[error(transparent)]
    Output(#[from] destination::Error),
    #[error(transparent)]
    Selection(#[from] gstds::Error),
    #[error(transparent)]
    Train(#[from] gstds_train::Error),
    #[error("{path} could not be written: {source}")]
    Save {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("writing to stdout failed: {0}")]
    Stdout(std::io::Error),
}

impl Failure {
    /// 1 failed, 2 usage, 3 no usable GPU adapter, 130 stopped by Ctrl-C, 141 stdout closed, 143
    /// stopped by SIGTERM.
    fn code(&self) -> u8 {
        use gstds_train::Error::{
            Augment, Budget, Config, Data, InputSide, Interrupted, NoComparison, NoWeights,
            OtherRun, Reweight, Schedule, TakesNoWeights, Text, UnknownName,
        };
        use gstds_train::data::Error::{Condition, NoFolder, Side, Unknown};
        match (self, self.kernel()) {
            (_, Some(error)) => kernel_code(error),
            (Self::Usage(_), _) => 2,
            _ if self.is_closed_pipe() => CLOSED_PIPE,
            (
                Self::Stopped | Self::StoppedBeforeReport { .. } | Self::Train(Interrupted { .. }),
                _,
            ) => interrupt::code(),
            (
                Self::Train(
                    Augment { .. }
                    | Budget { .. }
                    | Config { .. }
                    | InputSide { .. }
                    | NoComparison { .. }
                    | NoWeights { .. }
                    | OtherRun { .. }
                    | Reweight { .. }
                    | Schedule { .. }
                    | TakesNoWeights { .. }
                    | Text { .. }
                    | UnknownName { .. }
                    | Data(Condition { .. } | NoFolder { .. } | Side { .. } | Unknown { .. }),
                ),
                _,
            ) => 2,
            _ => 1,
        }
    }

    /// Whether those who read stdout had enough, as `head` has.
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Stdout(error) if error.kind() == ErrorKind::BrokenPipe)
    }

    /// What the kernel crate said, by whichever way it came here.
    fn kernel(&self) -> Option<&gstds::Error> {
        match self {
            Self::Selection(error)
            | Self::Part { source: error, .. }
            | Self::Train(gstds_train::Error::Gpu(gstds_burn::Error::Selection(error))) => {
                Some(error)
            }
            _ => None,
        }
    }
}

fn kernel_code(error: &gstds::Error) -> u8 {
    use gstds::Error::{
        HalfNeighbours, KeepRatio, Neighbours, NoAdapter, NoDevice, NothingKept, OneVector,
        PathTakes, Steps, Tau, UnknownAdapter, UnknownName, Vectors,
    };
    match error {
        NoAdapter { .. } | NoDevice { .. } => 3,
        UnknownAdapter { .. }
        | KeepRatio { .. }
        | NothingKept { .. }
        | Steps { .. }
        | Tau { .. }
        | Neighbours { .. }
        | HalfNeighbours
        | OneVector { .. }
        | Vectors { .. }
        | PathTakes { .. }
        | UnknownName { .. } => 2,
        _ => 1,
    }
}

/// A line for people, on stderr, unless `--quiet` was given. Where stderr is a file on a full disk
/// it is lost; that must not end the work that it is about.
pub(crate) fn tell(line: &str) {
    if !Terminal::is_hushed() {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// A line about what may not be as it was meant, which `--quiet` leaves.
pub(crate) fn warn(line: &str) {
    say(WARNING, "warning:", line);
}

/// A coloured word and a line, with colour on terminals only, and not where NO_COLOR is set.
fn say(style: Style, word: &str, line: &str) {
    let _ = writeln!(anstream::stderr(), "{style}{word}{style:#} {line}");
}

/// Reports a failure, if it is one, and says how the process ends.
pub(crate) fn code(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else {
        return ExitCode::SUCCESS;
    };
    match (&failure, failure.kernel()) {
        _ if failure.is_closed_pipe() => {}
        // The kernel crate cannot know which system it is on; we can look.
        (_, Some(gstds::Error::NoAdapter { backends })) => {
            let advice = doctor::advice(backends);
            let line = format!("no GPU adapter found on {backends}; {advice}");
            say(ERROR, "error:", &line);
        }
        // Asked for, so no error; `--quiet` leaves it out.
        (Failure::Train(gstds_train::Error::Interrupted { .. }), _) => tell(&failure.to_string()),
        _ => say(ERROR, "error:", &failure.to_string()),
    }
    failure.code().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_that_cannot_be_had_are_usage_errors() {
        let many = gstds::Error::Vectors {
            vectors: 9,
            limit: 4,
        };
        let one = gstds::Error::OneVector {
            vectors: 2,
            what: "rule",
            value: "random",
        };
        let lost = gstds::Error::OutOfMemory { bytes: 1 };
        assert_eq!(
            [many, one, lost].map(|error| kernel_code(&error)),
            [2, 2, 1]
        );
    }
}
