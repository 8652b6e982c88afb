//! What can be wrong with a data set.

use super::left_out::LeftOut;
use std::path::PathBuf;

/// Which file of a data set cannot be used, why, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Pixels, labels and shape of a split contradict each other.
    #[error(
        "the {split} split holds {pixels} pixel bytes and {labels} labels, but {labels} images of {height}x{width}x{channels} need {expected} bytes: check the shape or the file it came from"
    )]
    SplitSize {
        /// `train` or `test`.
        split: &'static str,
        /// Pixel bytes given.
        pixels: usize,
        /// Labels given, one an image.
        labels: usize,
        /// Rows of pixels in an image.
        height: usize,
        /// Pixels in a row.
        width: usize,
        /// Values in a pixel.
        channels: usize,
        /// Pixel bytes that the labels and the shape ask for.
        expected: usize,
    },
    /// A label names no class.
    #[error(
        "image {image} of the {split} split has label {label}, but the data set has {classes} classes, so labels go from 0 to {}: correct the label or name the class",
        classes.saturating_sub(1)
    )]
    Label {
        /// `train` or `test`.
        split: &'static str,
        /// Which image, from 0.
        image: usize,
        /// The label found.
        label: u16,
        /// How many classes there are.
        classes: usize,
    },
    /// The data set in the binary is damaged.
    #[error("the data set {name} cannot be read: {reason}")]
    DataSet {
        /// The data set.
        name: String,
        /// What was found and what was expected.
        reason: String,
    },
    /// A name that no data set has.
    #[error("unknown data set '{name}'; choose one of {choices}")]
    Unknown {
        /// What was given.
        name: String,
        /// The names there are.
        choices: String,
    },
    /// A name that an option does not take.
    #[error("unknown {what} '{name}'; choose one of {choices}")]
    UnknownName {
        /// The option.
        what: &'static str,
        /// What was given.
        name: String,
        /// The names there are.
        choices: &'static str,
    },
    /// A value written as text that cannot be read.
    #[error("invalid {what} `{text}`: {reason}; write {forms}")]
    Text {
        /// The option.
        what: &'static str,
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
        /// What can be written.
        forms: &'static str,
    },
    /// A data set that lies in a folder, and no folder was given.
    #[error("the data set {dataset} needs --data DIR, {layout}")]
    NoFolder {
        /// The data set.
        dataset: String,
        /// What DIR holds and where one gets it.
        layout: &'static str,
    },
    /// A folder with another layout than its data set's.
    #[error("{path} does not hold the data set {dataset}: {reason}; give --data DIR, {layout}")]
    Layout {
        /// The folder.
        path: PathBuf,
        /// The data set.
        dataset: String,
        /// What was looked for and not found.
        reason: String,
        /// What DIR holds and where one gets it.
        layout: &'static str,
    },
    /// Crops that are too small or too large.
    #[error(
        "images cannot be resized to a side of {side} pixels: choose one from {least} to {most}"
    )]
    Side {
        /// The side asked for, in pixels.
        side: usize,
        /// Smallest side accepted.
        least: usize,
        /// Largest side accepted.
        most: usize,
    },
    /// Conditions that training images cannot be under.
    #[error("{key} is {value}: {reason}")]
    Condition {
        /// The key in `[data]`.
        key: &'static str,
        /// The value given.
        value: String,
        /// What it must be.
        reason: String,
    },
    /// A file whose contents contradict its format.
    #[error("{path} cannot be used: {reason}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was found, what was expected, and where.
        reason: String,
    },
    /// A line of a text file that contradicts its format.
    #[error("{path}, line {line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What was found and what was expected.
        reason: String,
    },
    /// Images that cannot be decoded.
    #[error(
        "{} of {total} images cannot be decoded: {}; repair or remove them, or leave them out with --skip-bad",
        images.len(),
        LeftOut::list(images)
    )]
    BadImages {
        /// How many images there are in all.
        total: usize,
        /// Those that cannot be decoded, in order.
        images: Vec<LeftOut>,
    },
    /// A file that is there already and is not to be replaced.
    #[error("{path} exists already; choose another folder, or replace it with --force")]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file or folder that the operating system refused.
    #[error("{action} {path} failed: {source}")]
    Io {
        /// What was tried, as a participle: `reading`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether a setting is at fault, and not a file.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Condition { .. }
                | Self::NoFolder { .. }
                | Self::Side { .. }
                | Self::Text { .. }
                | Self::Unknown { .. }
                | Self::UnknownName { .. }
        )
    }

    pub(crate) fn file(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.into(),
        }
    }

    /// For `map_err`, with what was being done to `path`.
    pub fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
