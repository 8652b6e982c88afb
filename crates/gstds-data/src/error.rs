//! The crate's error type.

use crate::bad_image::{BadImage, list};
use crate::counted;
use std::path::PathBuf;

/// Which file or setting cannot be used, why, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Pixels, labels and shape of a split contradict each other.
    #[error(
        "the {split} split holds {pixels} pixel bytes and {labels} labels, but {labels} images of {height}x{width}x{channels} need {expected} bytes; check the shape or the source of the pixels"
    )]
    SplitSize {
        /// `train` or `test`.
        split: &'static str,
        /// Pixel bytes given.
        pixels: usize,
        /// Labels given, one per image.
        labels: usize,
        /// Rows of pixels in an image.
        height: usize,
        /// Pixels in a row.
        width: usize,
        /// Values in a pixel.
        channels: usize,
        /// Pixel bytes that the labels and the shape require.
        expected: usize,
    },
    /// A label without a class.
    #[error(
        "image {image} of the {split} split has label {label}, but the data set has {classes} classes, so labels go from 0 to {}; correct the label or name the class",
        classes.saturating_sub(1)
    )]
    Label {
        /// `train` or `test`.
        split: &'static str,
        /// Index of the image.
        image: usize,
        /// The label found.
        label: u16,
        /// How many classes there are.
        classes: usize,
    },
    /// The embedded data set is damaged.
    #[error("cannot read the embedded data set {name}: {reason}")]
    DataSet {
        /// The data set.
        name: String,
        /// What was found and what was expected.
        reason: String,
    },
    /// An unknown data set.
    #[error("unknown data set '{name}'; choose one of {choices}")]
    Unknown {
        /// The name given.
        name: String,
        /// The known names.
        choices: String,
    },
    /// An unknown value of a setting that takes names.
    #[error("unknown {what} '{name}'; choose one of {choices}")]
    UnknownName {
        /// The setting.
        what: &'static str,
        /// The name given.
        name: String,
        /// The known names.
        choices: &'static str,
    },
    /// A value written as text that cannot be parsed.
    #[error("invalid {what} `{text}`: {reason}; write {forms}")]
    Text {
        /// The setting.
        what: &'static str,
        /// The text given.
        text: String,
        /// What is wrong with it.
        reason: String,
        /// The accepted forms.
        forms: &'static str,
    },
    /// A data set that is read from a folder, but no folder was given.
    #[error("the data set {dataset} is read from a folder; set data.folder to {layout}")]
    NoFolder {
        /// The data set.
        dataset: String,
        /// What the folder holds and where to get it.
        layout: &'static str,
    },
    /// A folder whose layout is not that of its data set.
    #[error("{path} does not hold the data set {dataset}: {reason}; set data.folder to {layout}")]
    Layout {
        /// The folder.
        path: PathBuf,
        /// The data set.
        dataset: String,
        /// What was looked for and not found.
        reason: String,
        /// What the folder holds and where to get it.
        layout: &'static str,
    },
    /// Crops that are too small or too large.
    #[error("cannot resize images to a side of {side} pixels; choose one from {least} to {most}")]
    Side {
        /// The requested side, in pixels.
        side: usize,
        /// Smallest side accepted.
        least: usize,
        /// Largest side accepted.
        most: usize,
    },
    /// An invalid setting of [`Corruption`](crate::Corruption).
    #[error("{key} is {value}: {reason}")]
    Corruption {
        /// The key in `[data]`.
        key: &'static str,
        /// The value given.
        value: String,
        /// What it must be.
        reason: String,
    },
    /// A file whose contents contradict its format.
    #[error("cannot use {path}: {reason}")]
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
        /// Line number, from 1.
        line: usize,
        /// What was found and what was expected.
        reason: String,
    },
    /// A .safetensors file in which the matrix must be named.
    #[error("cannot use {path}: {reason}; name the matrix with tensor")]
    Tensor {
        /// The file.
        path: PathBuf,
        /// Which tensors it has.
        reason: String,
    },
    /// Images that cannot be decoded.
    #[error(
        "cannot decode {} of {}: {}; repair or remove them, or set skip_bad to skip them",
        images.len(),
        counted(*total, "image", "images"),
        list(images)
    )]
    BadImages {
        /// How many images there are in all.
        total: usize,
        /// Those that cannot be decoded, in order.
        images: Vec<BadImage>,
    },
    /// A file or folder that exists and is not to be replaced.
    #[error("{path} exists already; choose another name, or set force to replace it")]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
    /// An output path that is not a regular file.
    #[error("{path} exists and is not a regular file; choose another name")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// An output folder that is a file.
    #[error("{path} is a file and not a folder; name a folder, or a file that ends in .html")]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// An output path in a folder that does not exist.
    #[error("the folder {folder} for the output does not exist; create it first")]
    NoParent {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder for an output in which no file can be created.
    #[error(
        "no file can be created in {folder}: {reason}; choose another folder, or change its permissions"
    )]
    NotWritable {
        /// The folder.
        folder: PathBuf,
        /// The kind of the operating system's error.
        reason: std::io::ErrorKind,
    },
    /// An output path whose extension names no format.
    #[error("unknown extension in {path}; choose a name that ends in {choices}")]
    Extension {
        /// The path.
        path: PathBuf,
        /// The known extensions.
        choices: String,
    },
    /// An output that could not be written.
    #[error("{path} could not be written and nothing was left behind: {source}")]
    Write {
        /// The path.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A file or folder that the operating system refused.
    #[error("{action} {path} failed: {source}")]
    Io {
        /// What was tried, as a participle: `reading`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The operating system's error.
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
            Self::Corruption { .. }
                | Self::Extension { .. }
                | Self::NoFolder { .. }
                | Self::NotAFolder { .. }
                | Self::Side { .. }
                | Self::Text { .. }
                | Self::Unknown { .. }
                | Self::UnknownName { .. }
        )
    }

    /// The setting that resolves the error, by its configuration key: a program appends the flag
    /// that sets it.
    ///
    /// ```
    /// let path = "scores.csv".into();
    /// assert_eq!(gstds_data::Error::Exists { path }.key(), Some("force"));
    /// ```
    #[must_use]
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Self::NoFolder { .. } | Self::Layout { .. } => Some("folder"),
            Self::Side { .. } => Some("side"),
            Self::Corruption { key, .. } => Some(key),
            Self::Tensor { .. } => Some("tensor"),
            Self::BadImages { .. } => Some("skip_bad"),
            Self::Exists { .. } => Some("force"),
            _ => None,
        }
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
