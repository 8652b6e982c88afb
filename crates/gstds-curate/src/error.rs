//! Everything that can go wrong in this crate, in one type.

use gstds::ErrorKind;
use gstds_data::counted;
use std::path::{Path, PathBuf};

/// What went wrong, which value caused it, and what to do.
///
/// Messages name options as the fields of this crate do (`near_duplicates`, `by_class`); a program
/// adds the names of its flags.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be read or written, or images that cannot be decoded.
    #[error(transparent)]
    Data(#[from] gstds_data::Error),
    /// A picture that cannot be drawn.
    #[error(transparent)]
    Plot(#[from] gstds_plot::Error),
    /// Options, a shape or a device with which nothing can be selected.
    #[error(transparent)]
    Selection(#[from] gstds::Error),
    /// The same, in one of several parts.
    #[error("part {number} of {parts}: {source}")]
    Part {
        /// Which part, from 1.
        number: usize,
        /// How many parts there are.
        parts: usize,
        /// What is wrong with it.
        source: gstds::Error,
    },
    /// Features or a workspace that the device cannot hold.
    #[error("{}; {}", too_large(.source), crate::plan::listed(.remedies))]
    DoesNotFit {
        /// Which buffer, its bytes and the device's limit.
        source: gstds::Error,
        /// What fits; none where only fewer rows or features do.
        remedies: Vec<crate::plan::Remedy>,
    },
    /// A pool without a row that can be selected by its features.
    #[error("all {rows} rows are zero, NaN or infinite; check how the features were computed")]
    NoValidRow {
        /// Rows of the pool.
        rows: usize,
    },
    /// A count of rows to keep that exceeds the pool.
    #[error("count is {count}, {}; {}", more_than(*.rows, *.left), at_most(*.left))]
    Count {
        /// Requested rows.
        count: usize,
        /// Rows of the pool.
        rows: usize,
        /// Those that were not chosen before.
        left: usize,
    },
    /// A count of rows to keep that exceeds those without near-duplicates.
    #[error(
        "count is {count}, and of {rows} rows {left} are left without near-duplicates; keep at most {left}, or raise the threshold"
    )]
    TooFewLeft {
        /// Requested rows.
        count: usize,
        /// Rows that survive.
        left: usize,
        /// Rows of the pool.
        rows: usize,
    },
    /// Labels that are not one a row, or not of a class that there is.
    #[error("labels: {reason}")]
    Labels {
        /// What was found and what is needed.
        reason: String,
    },
    /// Losses of a step from which `guided` cannot learn.
    #[error("update: {reason}")]
    Update {
        /// What was found and what is needed.
        reason: String,
    },
    /// A state of `guided` that belongs to other rows or classes.
    #[error(
        "the state has {found} {what}, and there are {expected}; restore it over the rows and labels that it was taken with"
    )]
    State {
        /// What is counted.
        what: &'static str,
        /// How many the state has.
        found: usize,
        /// How many there are.
        expected: usize,
    },
    /// A rule of survivors that looks at images, for rows that have none.
    #[error("survivor {survivor} looks at images, and the rows have none; use medoid or first")]
    SurvivorWithoutImages {
        /// The rule's name.
        survivor: &'static str,
    },
    /// A part with more rows than near-duplicates are searched among.
    #[error(
        "near_duplicates compares all pairs of {rows} rows, and at most {limit} rows are supported{}",
        if *.limit == crate::MAX_HOST_COMPARED_ROWS { " without a device" } else { "" }
    )]
    TooManyPairs {
        /// Rows of the largest part.
        rows: usize,
        /// The limit.
        limit: usize,
    },
    /// More rows that may be near-duplicates of each other than are compared on the host.
    #[error(
        "{rows} rows may be near-duplicates of each other, and at most {limit} are compared; raise near_duplicates, or divide the pool"
    )]
    TooManyAlike {
        /// The rows.
        rows: usize,
        /// The limit.
        limit: usize,
    },
    /// A threshold of near-duplicates outside (0, 1].
    #[error("near_duplicates is {threshold}; a cosine similarity above 0 and at most 1 is needed")]
    Threshold {
        /// The threshold given.
        threshold: f32,
    },
    /// Labels for another number of rows.
    #[error("{labels} labels for {rows} rows; one per row is needed")]
    LabelCount {
        /// Labels.
        labels: usize,
        /// Rows of the pool.
        rows: usize,
    },
    /// Labels that are all alike, in which no probe can find suspects.
    #[error(
        "all rows are of one class, and label suspects need two; give labels of two classes or more, or leave label_suspects out"
    )]
    OneClass,
    /// Rows, features and classes for which cross-fitted probes take too long.
    #[error(
        "label_suspects fits probes to {rows} rows of {features} features in {classes} classes, and their product may be {} at most; use fewer rows, features or classes",
        crate::MAX_PROBED_VALUES
    )]
    TooManyProbed {
        /// Rows of the pool.
        rows: usize,
        /// Features of a row.
        features: usize,
        /// Classes.
        classes: usize,
    },
    /// An inspection under the rule `random`, which uses no graph.
    #[error("rule random solves no graph, so there is nothing to inspect; choose another rule")]
    NothingToInspect,
    /// A folder of the kept images for rows that are not images.
    #[error("copy_to and link_to need images, and the rows have none")]
    NoImages,
    /// A file or folder that cannot be used.
    #[error("{path}: {reason}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was found and what is needed.
        reason: String,
    },
    /// An output that would replace what is read, or another output.
    #[error("{0}")]
    Conflict(String),
    /// An image listed outside the folder that paths are relative to.
    #[error("{image} is not inside {root}, so it has no place in {folder}")]
    OutsideRoot {
        /// The image.
        image: PathBuf,
        /// The folder that paths are relative to.
        root: PathBuf,
        /// The folder of the kept images.
        folder: PathBuf,
    },
    /// An image that cannot be copied or linked.
    #[error("cannot put {image} into {folder}: {source}; nothing was left behind")]
    Place {
        /// The image.
        image: PathBuf,
        /// The folder of the kept images.
        folder: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A folder that cannot be written or given its name.
    #[error("cannot write {path}: {source}; nothing was left behind")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A table that cannot be written, after which the folder could not be removed again.
    #[error("{source}; {left}")]
    NotUndone {
        /// Why the table was not written.
        source: gstds_data::Error,
        /// Where the leftovers are.
        left: String,
    },
    /// The caller asked to stop.
    #[error("stopped; nothing was written")]
    Stopped,
}

impl Error {
    /// The kind of error, which decides a program's exit code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Data(error) if error.is_usage() => ErrorKind::Usage,
            Self::Selection(error)
            | Self::DoesNotFit { source: error, .. }
            | Self::Part { source: error, .. } => error.kind(),
            Self::Conflict(_)
            | Self::Count { .. }
            | Self::NoImages
            | Self::NothingToInspect
            | Self::LabelCount { .. }
            | Self::OneClass
            | Self::TooManyProbed { .. }
            | Self::OutsideRoot { .. }
            | Self::Threshold { .. }
            | Self::SurvivorWithoutImages { .. }
            | Self::TooFewLeft { .. }
            | Self::TooManyPairs { .. }
            | Self::TooManyAlike { .. } => ErrorKind::Usage,
            _ => ErrorKind::Input,
        }
    }

    pub(crate) fn file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.into(),
        }
    }
}

/// The buffer and the limit, without advice that suits only those who open devices.
fn too_large(source: &gstds::Error) -> String {
    match source {
        gstds::Error::DeviceLimit {
            what,
            needed,
            limit,
            allowed,
        } => format!("{what} needs {needed} bytes, more than the device's {limit} of {allowed}"),
        other => other.to_string(),
    }
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn at_most(left: usize) -> String {
    match left {
        0 => "none can be added: leave some out of those chosen before".into(),
        left => format!("keep at most {left}"),
    }
}

/// What a count of rows to keep exceeds.
fn more_than(rows: usize, left: usize) -> String {
    let there = if rows == 1 { "is" } else { "are" };
    let all = counted(rows, "row", "rows");
    match left == rows {
        true => format!("more than the {all} there {there}"),
        false => format!("and {left} of the {all} there {there} have not been chosen before"),
    }
}
