//! Everything that can go wrong in this crate, in one type.

use gstds::ErrorKind;

/// What went wrong, which value caused it, and what helps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data set, a file or a name that cannot be used.
    #[error(transparent)]
    Data(#[from] gstds_data::Error),
    /// A weights file that cannot be parsed.
    #[error("cannot read the weights in {origin}: {reason}")]
    WeightsFile {
        /// The file, or `the binary`.
        origin: String,
        /// The reader's error.
        reason: String,
    },
    /// Weights of another network.
    #[error(
        "the weights in {origin} do not fit {model}: {problems}; use a file that was made for {model}"
    )]
    WeightsMismatch {
        /// The file, or `the binary`.
        origin: String,
        /// The requested network.
        model: &'static str,
        /// Tensors missing, unexpected or of another shape, by name.
        problems: Box<WeightProblems>,
    },
    /// A reference model without weights.
    #[error("{model} needs pretrained weights: set weights to {origin}")]
    NoWeights {
        /// The reference model.
        model: &'static str,
        /// Where such files come from.
        origin: &'static str,
    },
    /// Images of a size that the reference model cannot take.
    #[error(
        "{model} takes images with a side of {least} to {most} pixels, not {side}; choose one in this range, preferably a multiple of 32"
    )]
    InputSide {
        /// The reference model.
        model: &'static str,
        /// The requested side, in pixels.
        side: usize,
        /// Smallest side accepted.
        least: usize,
        /// Largest side accepted.
        most: usize,
    },
    /// Images that are neither grey nor RGB.
    #[error(
        "reference models take images with 1 channel (grey) or 3 (RGB), but these have {channels} channels"
    )]
    InputChannels {
        /// Channels of the images.
        channels: usize,
    },
    /// A feature bank that is damaged, or a file that is not one.
    #[error("cannot use the feature bank in {origin}: {reason}")]
    Bank {
        /// The file, or `the binary`.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A feature bank for another number of images.
    #[error(
        "the feature bank has {rows} rows for {images} training images; compute it from these images"
    )]
    BankRows {
        /// Rows of the bank.
        rows: usize,
        /// Training images.
        images: usize,
    },
    /// A feature that is not a finite number.
    #[error(
        "{model} gave {value} as feature {feature} of image {image}: the weights or the device's arithmetic are faulty; try another adapter"
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
    /// More memory than the device has free.
    #[error(
        "{what} needs {} on {adapter}, which does not have as much free; set residence to stream or bank to f16, or lower data.side or per_class",
        gstds_data::megabytes(*bytes)
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
    #[error("cannot read the features of images {first} to {last} from the device: {reason}")]
    Readback {
        /// First image of the chunk.
        first: usize,
        /// Last image of the chunk.
        last: usize,
        /// The device's error.
        reason: String,
    },
    /// Pretrained weights for a learner that has none.
    #[error(
        "the learner {learner} cannot start from a weights file: {reason}; leave init out, or train resnet18 on RGB images"
    )]
    NoPretrained {
        /// The learner.
        learner: String,
        /// What does not fit.
        reason: String,
    },
    /// Mixed precision on an adapter without f16 in shaders.
    #[error("{adapter} has no 16-bit floats in shaders (SHADER_F16); set precision to full")]
    NoShaderF16 {
        /// The adapter.
        adapter: String,
    },
    /// A value that no learner or probe can have.
    #[error("invalid configuration: {reason}")]
    Config {
        /// The value and its limit.
        reason: String,
    },
    /// The GPU's adapter, the selection kernels or the bridge refused.
    #[error(transparent)]
    Gpu(gstds_burn::Error),
    /// The device stopped answering.
    #[error("the GPU device failed: {reason}")]
    DeviceLost {
        /// Burn's error.
        reason: String,
    },
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What kind of error it is, from which a program's exit code follows.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Data(error) if error.is_usage() => ErrorKind::Usage,
            Self::Config { .. }
            | Self::InputSide { .. }
            | Self::NoWeights { .. }
            | Self::NoPretrained { .. } => ErrorKind::Usage,
            Self::Gpu(error) => error.kind(),
            Self::DeviceLost { .. }
            | Self::DeviceMemory { .. }
            | Self::NoShaderF16 { .. }
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
    /// Present with another shape or element type: `name: shape [1], expected [2]`.
    pub mismatched: Vec<String>,
    /// The reference model that the file fits instead.
    pub looks_like: Option<&'static str>,
}

impl WeightProblems {
    /// True when nothing differs.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.mismatched.is_empty()
    }
}

impl std::fmt::Display for WeightProblems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lists = [
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
            ("mismatched", &self.mismatched),
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
