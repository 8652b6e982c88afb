//! Everything that can go wrong in this crate, in one type.

use gstds::ErrorKind;

/// What went wrong, which value caused it, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data set, a file or a name that cannot be used.
    #[error(transparent)]
    Data(#[from] gstds_data::Error),
    /// A weights file that cannot be opened or parsed.
    #[error("the weights in {origin} cannot be read: {reason}")]
    WeightsFile {
        /// The file, or `embedded`.
        origin: String,
        /// What the reader said.
        reason: String,
    },
    /// A weights file that belongs to another network.
    #[error(
        "the weights in {origin} do not fit {model}: {problems}; give the file that was made for {model}"
    )]
    WeightsMismatch {
        /// The file, or `embedded`.
        origin: String,
        /// The reference model that was asked for.
        model: &'static str,
        /// Tensors missing, unexpected or of another shape, by name.
        problems: Box<WeightProblems>,
    },
    /// A reference model whose weights nobody gave.
    #[error("{model} needs pretrained weights: give --weights FILE, {origin}")]
    NoWeights {
        /// The reference model.
        model: &'static str,
        /// Where such files come from.
        origin: &'static str,
    },
    /// Images of a size that the reference model cannot take.
    #[error(
        "an input side of {side} pixels is outside {model}'s {least} to {most}: choose one in between, best a multiple of 32"
    )]
    InputSide {
        /// The reference model.
        model: &'static str,
        /// The side asked for, in pixels.
        side: usize,
        /// Smallest side accepted.
        least: usize,
        /// Largest side accepted.
        most: usize,
    },
    /// Images that are neither grey nor RGB.
    #[error(
        "images with {channels} channels cannot enter a reference model: give 1 (grey) or 3 (RGB)"
    )]
    InputChannels {
        /// Channels found.
        channels: usize,
    },
    /// A file that is no feature bank, or a damaged one.
    #[error(
        "the feature bank in {origin} cannot be used: {reason}; remove it and it is computed again"
    )]
    Bank {
        /// The file, or `embedded`.
        origin: String,
        /// What was found and what was expected.
        reason: String,
    },
    /// A feature bank for another number of images.
    #[error(
        "the feature bank has {found} rows for {expected} training images: compute it from these images"
    )]
    BankRows {
        /// Rows of the bank.
        found: usize,
        /// Training images.
        expected: usize,
    },
    /// A reference model that answered with a value that is no number.
    #[error(
        "{model} gave {value} as feature {feature} of image {image}: the weights or the device's arithmetic are at fault; try another --adapter"
    )]
    NotFinite {
        /// The reference model.
        model: &'static str,
        /// Which image, from 0.
        image: usize,
        /// Which feature, from 0.
        feature: usize,
        /// The value: NaN, an infinity, or beyond what f16 holds.
        value: f32,
    },
    /// More than the device has free.
    #[error(
        "{what} needs {} on {adapter}, which has not as much free: stream images with --residence stream, keep features with --bank f16, take smaller images with --decode-side or fewer with --per-class",
        crate::device_memory::megabytes(*bytes)
    )]
    DeviceMemory {
        /// What it is for.
        what: &'static str,
        /// Bytes needed.
        bytes: u64,
        /// The adapter.
        adapter: String,
    },
    /// The device did not hand its results back.
    #[error("the device did not return the features of images {first} to {last}: {reason}")]
    Readback {
        /// First image of the chunk.
        first: usize,
        /// Last image of the chunk.
        last: usize,
        /// What the device said.
        reason: String,
    },
    /// Weights for a learner that starts from its seed alone.
    #[error(
        "the learner {learner} takes no weights from a file: {reason}; leave init out or train resnet18 on RGB images"
    )]
    TakesNoWeights {
        /// The learner.
        learner: String,
        /// What does not fit.
        reason: String,
    },
    /// Mixed precision on an adapter that computes in f32 alone.
    #[error("{adapter} has no 16-bit floats in shaders (SHADER_F16): choose precision full")]
    NoHalf {
        /// The adapter.
        adapter: String,
    },
    /// A value that no run can have.
    #[error("the configuration cannot be run: {reason}")]
    Config {
        /// The value, its limit and the way out.
        reason: String,
    },
    /// The GPU's adapter, the selection kernels or the bridge refused.
    #[error(transparent)]
    Gpu(gstds_burn::Error),
    /// The device stopped answering.
    #[error("the GPU device failed: {reason}")]
    DeviceLost {
        /// Burn's words.
        reason: String,
    },
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whose fault it is, from which a program's exit code follows.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Data(error) if error.is_usage() => ErrorKind::Usage,
            Self::Config { .. }
            | Self::InputSide { .. }
            | Self::NoWeights { .. }
            | Self::TakesNoWeights { .. } => ErrorKind::Usage,
            Self::Gpu(error) => error.kind(),
            Self::DeviceLost { .. }
            | Self::DeviceMemory { .. }
            | Self::NoHalf { .. }
            | Self::NotFinite { .. }
            | Self::Readback { .. } => ErrorKind::Device,
            _ => ErrorKind::Input,
        }
    }
}

/// How a weights file differs from what a network needs, tensor by tensor.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct WeightProblems {
    /// Needed and absent.
    pub missing: Vec<String>,
    /// Present and not needed.
    pub unexpected: Vec<String>,
    /// Present with another shape or element type: `name: found, expected`.
    pub different: Vec<String>,
    /// The reference model that the file fits instead.
    pub looks_like: Option<&'static str>,
}

impl WeightProblems {
    /// True when nothing differs.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.different.is_empty()
    }
}

impl std::fmt::Display for WeightProblems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lists = [
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
            ("different", &self.different),
        ];
        let mut separator = "";
        for (what, names) in lists {
            if names.is_empty() {
                continue;
            }
            write!(f, "{separator}{} {what} ({}", names.len(), first(names))?;
            match names.len().saturating_sub(SHOWN) {
                0 => write!(f, ")")?,
                more => write!(f, ", and {more} more)")?,
            }
            separator = ", ";
        }
        match self.looks_like {
            Some(model) => write!(f, "; it looks like {model}"),
            None => Ok(()),
        }
    }
}

/// Names shown of each list; a wrong file would otherwise fill the screen.
const SHOWN: usize = 8;

fn first(names: &[String]) -> String {
    names[..names.len().min(SHOWN)].join(", ")
}
