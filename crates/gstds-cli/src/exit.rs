//! What ends a command: its sentence on stderr and its exit code.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::{destination, driver, interrupt, matrix};

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
    /// 1 failed, 2 usage, 3 no usable GPU adapter, 130 stopped by Ctrl-C, 143 by SIGTERM.
    fn code(&self) -> u8 {
        use gstds_train::Error::{
            Augment, Budget, Config, Data, InputSide, Interrupted, NoComparison, NoWeights,
            OtherRun, Reweight, Schedule, TakesNoWeights, Text, UnknownName,
        };
        use gstds_train::data::Error::{Condition, NoFolder, Side, Unknown};
        match (self, self.kernel()) {
            (_, Some(error)) => kernel_code(error),
            (Self::Usage(_), _) => 2,
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
        HalfNeighbours, KeepRatio, Neighbours, NoAdapter, NoDevice, NothingKept, PathTakes, Steps,
        Tau, UnknownAdapter, UnknownName,
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
        | PathTakes { .. }
        | UnknownName { .. } => 2,
        _ => 1,
    }
}

/// A line for people, on stderr. Where stderr is a file on a full disk it is lost; that must not
/// end the work that it is about.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Reports a failure, if it is one, and says how the process ends.
pub(crate) fn code(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else {
        return ExitCode::SUCCESS;
    };
    tell(&match failure.kernel() {
        // The kernel crate cannot know which system it is on; we can look.
        Some(gstds::Error::NoAdapter { backends }) => {
            let advice = driver::advice();
            format!("error: no GPU adapter found on {backends}; {advice}")
        }
        _ if matches!(
            failure,
            Failure::Train(gstds_train::Error::Interrupted { .. })
        ) =>
        {
            failure.to_string()
        }
        _ => format!("error: {failure}"),
    });
    failure.code().into()
}
