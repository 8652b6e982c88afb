//! How a command ends: its message on stderr and its exit code.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use gstds::ErrorKind;
use gstds_curate::{Error as CurateError, Remedy};

use crate::{console, doctor, interrupt};

#[cfg(feature = "train")]
mod training;

/// 128 plus the number of SIGPIPE, as shells report it.
const CLOSED_PIPE: u8 = 141;

/// Why a command ended without its result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Input(String),
    #[cfg(feature = "train")]
    #[error(
        "stopped before the report was written; run `gstds report {out} --out {out} --force` to write it"
    )]
    StoppedBeforeReport { out: String },
    #[error(transparent)]
    Selection(#[from] gstds::Error),
    #[error("{error}{}", flags(error, *divides))]
    Curate {
        error: CurateError,
        /// Whether the command has flags that divide its rows into parts.
        divides: bool,
    },
    #[cfg(feature = "train")]
    #[error(transparent)]
    Study(#[from] gstds_study::Error),
    #[error("{path} could not be written: {source}")]
    Save {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("writing to stdout failed: {0}")]
    Stdout(std::io::Error),
}

impl Failure {
    /// Of a command that has no flags to divide its rows.
    pub(crate) fn of_whole_pool(self) -> Self {
        match self {
            Self::Curate { error, .. } => Self::Curate {
                error,
                divides: false,
            },
            other => other,
        }
    }

    /// 1 failed, 2 usage, 3 no usable GPU adapter, 130 stopped by Ctrl-C, 141 stdout closed, 143
    /// stopped by SIGTERM.
    fn code(&self) -> u8 {
        match self {
            _ if self.is_closed_pipe() => CLOSED_PIPE,
            _ if self.is_stopped() => interrupt::code(),
            _ => match self.kind() {
                ErrorKind::Usage => 2,
                ErrorKind::Environment => 3,
                _ => 1,
            },
        }
    }

    /// The kind of error.
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Usage(_) => ErrorKind::Usage,
            Self::Selection(error) => error.kind(),
            Self::Curate { error, .. } => error.kind(),
            #[cfg(feature = "train")]
            Self::Study(error) => error.kind(),
            _ => ErrorKind::Input,
        }
    }

    /// Whether Ctrl-C or SIGTERM ended the work.
    fn is_stopped(&self) -> bool {
        match self {
            Self::Curate {
                error: CurateError::Stopped,
                ..
            } => true,
            #[cfg(feature = "train")]
            Self::StoppedBeforeReport { .. } => true,
            _ => self.is_interrupted_run(),
        }
    }

    /// Whether a run was stopped that can be resumed.
    fn is_interrupted_run(&self) -> bool {
        match self {
            #[cfg(feature = "train")]
            Self::Study(error) => training::is_interrupted(error),
            _ => false,
        }
    }

    /// Whether the reader of stdout closed it, as `head` does.
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Stdout(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// The flag that sets what a library's message names by its configuration key.
    fn flag(&self) -> Option<&'static str> {
        let error = match self {
            Self::Curate {
                error: CurateError::Data(error),
                ..
            } => error,
            // Of `bench`, which shapes its own graphs.
            Self::Selection(
                gstds::Error::DeviceLimit { .. }
                | gstds::Error::OutOfMemory { .. }
                | gstds::Error::TooManyRows { .. }
                | gstds::Error::TooManySearched { .. },
            ) => return Some("--rows, --features"),
            #[cfg(feature = "train")]
            Self::Study(error) => match training::data(error) {
                Some(error) => error,
                None => return training::flags(error),
            },
            _ => return None,
        };
        Some(match error.key()? {
            "folder" => "--data DIR",
            "side" => "--decode-side",
            "skip_bad" if error.to_string().contains("(decode_limit)") => {
                "--skip-bad, --decode-limit MIB"
            }
            "skip_bad" => "--skip-bad",
            "force" => "--force",
            "tensor" => "--tensor NAME",
            "imbalance" => "--imbalance",
            "duplicate" => "--duplicate",
            "label_noise" => "--label-noise",
            "near_copies" => "--near-copies",
            _ => return None,
        })
    }

    /// The backends that were searched, where no adapter was found on them.
    fn no_adapter(&self) -> Option<&str> {
        let kernel = match self {
            Self::Selection(error)
            | Self::Curate {
                error: CurateError::Selection(error),
                ..
            } => error,
            #[cfg(feature = "train")]
            Self::Study(error) => training::kernel(error)?,
            _ => return None,
        };
        match kernel {
            gstds::Error::NoAdapter { backends } => Some(backends),
            _ => None,
        }
    }
}

/// The flags that help with an error of the library, as the end of its sentence.
fn flags(error: &CurateError, divides: bool) -> String {
    if let CurateError::DoesNotFit { remedies, .. } = error {
        let has = |remedy: &&Remedy| divides || !matches!(remedy, Remedy::Batches(_));
        let remedies = remedies.iter().filter(has);
        let flags: Vec<String> = remedies.filter_map(remedy_flag).collect();
        return match &flags[..] {
            [] => String::new(),
            flags => format!(" ({})", flags.join(", ")),
        };
    }
    match divides {
        true => fixed_flags(error),
        false => whole_flags(error),
    }
    .into()
}

/// Where rows cannot be divided.
fn whole_flags(error: &CurateError) -> &'static str {
    match error {
        CurateError::TooManyPairs { .. }
        | CurateError::TooManyAlike { .. }
        | CurateError::Selection(
            gstds::Error::TooManyRows { .. } | gstds::Error::OutOfMemory { .. },
        ) => "; give this command fewer rows",
        _ => fixed_flags(error),
    }
}

/// The flag that applies a remedy; f16 features are made by whoever computes them.
fn remedy_flag(remedy: &Remedy) -> Option<String> {
    match remedy {
        Remedy::Batches(rows) => Some(format!("--batch {rows}")),
        Remedy::HalfStorage => Some("--storage half".into()),
        Remedy::AffinityAuto => Some("--affinity auto".into()),
        Remedy::PathAuto => Some("--path auto".into()),
        Remedy::HalfFeatures => Some("features.astype('float16') in NumPy".into()),
        _ => None,
    }
}

fn fixed_flags(error: &CurateError) -> &'static str {
    match error {
        CurateError::TooManyPairs { .. } => "; divide them with --batch or --by-class",
        CurateError::TooManyAlike { .. } => " with --batch or --by-class",
        CurateError::Selection(gstds::Error::TooManyRows { .. }) => " (--batch N, --by-class)",
        CurateError::Selection(gstds::Error::InvalidRows { .. })
        | CurateError::Part {
            source: gstds::Error::InvalidRows { .. },
            ..
        } => " (leave out --strict)",
        CurateError::Selection(gstds::Error::NonPositiveDegree { .. })
        | CurateError::Part {
            source: gstds::Error::NonPositiveDegree { .. },
            ..
        } => " (--affinity)",
        CurateError::Selection(gstds::Error::OutOfMemory { .. }) => " (--batch N)",
        CurateError::NoImages => "; give --images, or --list with the image of each row",
        CurateError::OutsideRoot { .. } => "; set --images to a folder that holds them all",
        CurateError::Place { source, .. }
            if source.kind() == std::io::ErrorKind::CrossesDevices =>
        {
            "; use --link symbolic or --copy-to"
        }
        _ => "",
    }
}

/// Prints a result on stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{}", text.trim_end()).map_err(Failure::Stdout)
}

/// A result as JSON, in one line.
#[cfg(feature = "train")]
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Stdout(error.into()))
}

/// Reports a failure, if any, and returns the exit code.
pub(crate) fn code(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else {
        return ExitCode::SUCCESS;
    };
    if failure.is_closed_pipe() {
    } else if let Some(backends) = failure.no_adapter() {
        // The kernel crate does not know the system; the program looks.
        let advice = doctor::advice(backends);
        let backends = backends.to_lowercase();
        console::error(&format!("no GPU adapter found on {backends}; {advice}"));
    } else if failure.is_interrupted_run() {
        // Requested, so not an error; `--quiet` leaves it out.
        console::info(&failure.to_string());
    } else {
        let flag = failure
            .flag()
            .map_or_else(String::new, |flag| format!(" ({flag})"));
        console::error(&format!("{failure}{flag}"));
    }
    failure.code().into()
}

impl From<CurateError> for Failure {
    fn from(error: CurateError) -> Self {
        Self::Curate {
            error,
            divides: true,
        }
    }
}

impl From<gstds_data::Error> for Failure {
    fn from(error: gstds_data::Error) -> Self {
        CurateError::from(error).into()
    }
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
            remedy: "use another rule",
        };
        let lost = gstds::Error::OutOfMemory { bytes: None };
        assert_eq!(
            [many, one, lost].map(|error| Failure::Selection(error).code()),
            [2, 2, 1]
        );
    }
}
