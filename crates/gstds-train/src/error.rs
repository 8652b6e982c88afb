//! The error type of this crate.

use gstds::ErrorKind;
use std::path::PathBuf;

/// What went wrong, which value caused it, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data set, a file or a name that cannot be used.
    #[error(transparent)]
    Data(#[from] gstds_data::Error),
    /// A reference model, a feature bank or a learner.
    #[error(transparent)]
    Models(#[from] gstds_models::Error),
    /// A layer's output over all images of a step that the device cannot bind.
    #[error(
        "too many images for {learner} at a side of {side}: a step passes {rows} images, and at most {most} fit, as a layer's output is limited to {bytes} bytes on this device; lower batch, the keep ratio or image_side, or choose a narrower learner"
    )]
    LearnerMemory {
        /// The learner.
        learner: String,
        /// Side of its images.
        side: usize,
        /// Images of a step.
        rows: usize,
        /// Most images that fit.
        most: usize,
        /// What the device binds to one kernel.
        bytes: u64,
    },
    /// Weights for kept rows whose probability of being kept is not known.
    #[error(
        "reweight needs the probability with which each row is kept, but {method} {reason}; turn reweight off, or choose random, or jest with a temperature above 0"
    )]
    Reweight {
        /// The method.
        method: &'static str,
        /// How it chooses.
        reason: &'static str,
    },
    /// Images that the device's buffers cannot hold.
    #[error("{what}: {needed} bytes needed on the device, and {limit} allows {allowed}; {remedy}")]
    ImageMemory {
        /// Which images.
        what: &'static str,
        /// Predicted bytes.
        needed: u64,
        /// Name of the limit.
        limit: &'static str,
        /// Bytes that fit it.
        allowed: u64,
        /// What to do.
        remedy: &'static str,
    },
    /// Images for which the device has no memory left.
    #[error(
        "cannot allocate {needed} bytes for images on the device: {reason}; set residence to stream, or lower batch if it is"
    )]
    ImageAllocation {
        /// Bytes of the buffer that was refused.
        needed: u64,
        /// What the device reported.
        reason: String,
    },
    /// The thread that reads images could not be started.
    #[error("cannot start the thread that reads images: {source}; set residence to device")]
    Thread {
        /// What the operating system reported.
        source: std::io::Error,
    },
    /// A setting with an invalid value.
    #[error("invalid configuration: {reason}")]
    Config {
        /// The value, its limit and what to do.
        reason: String,
    },
    /// A file that is not a configuration.
    #[error("cannot read the configuration {path}: {reason}")]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What the parser reported, with the line.
        reason: String,
    },
    /// A run folder that exists already.
    #[error("{path} exists already; choose another folder, or resume the run in it")]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// A folder without a run.
    #[error("no run in {path}: config.toml is missing")]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A run to be resumed that is finished.
    #[error("the run in {path} is finished: there is nothing to resume")]
    RunFinished {
        /// The folder.
        path: PathBuf,
    },
    /// A run that another process holds.
    #[error("the run in {path} is under way in another process; wait for its end or stop it")]
    RunInUse {
        /// The folder.
        path: PathBuf,
    },
    /// A run to be resumed whose configuration or data changed.
    #[error(
        "cannot resume {path}: the configuration changed ({differences}); restore it, or start another run"
    )]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// What changed.
        differences: String,
    },
    /// A checkpoint that cannot be written or read.
    #[error("cannot use the checkpoint {path}: {reason}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A run that was asked to stop.
    #[error("stopped after step {step} of {steps}; {left}")]
    Interrupted {
        /// Steps made.
        step: usize,
        /// Steps of the whole run.
        steps: usize,
        /// What was saved of the run, and how to resume it.
        left: String,
    },
    /// A method that needs features, and none were given.
    #[error("the method {method} needs the features of a reference model; pass a feature bank")]
    NoFeatures {
        /// The method.
        method: &'static str,
    },
    /// A method that needs the learner's losses, and none were given.
    #[error("the method {method} needs the learner's losses on the batch; pass them with its rows")]
    NoLosses {
        /// The method.
        method: &'static str,
    },
    /// A method that needs the reference's losses, and none were given.
    #[error("the method {method} needs the reference's losses; compute them with linear probes")]
    NoReferenceLosses {
        /// The method.
        method: &'static str,
    },
    /// A loss that is not finite.
    #[error(
        "training diverged: the loss of step {step} is {loss}; lower the learning rate ({learning_rate:.4} at that step), or loss_scale under mixed precision"
    )]
    Diverged {
        /// The step, from 1.
        step: usize,
        /// The loss: NaN or an infinity.
        loss: f64,
        /// The learning rate of that step.
        learning_rate: f64,
    },
    /// A learner whose logits are not finite, after the last loss that was read.
    #[error(
        "training diverged: after step {step} the learner's logits on test images are not finite; lower the learning rate, or loss_scale under mixed precision"
    )]
    NonFiniteLogits {
        /// The last step made, from 1.
        step: usize,
    },
    /// A trainer that is used after one of its calls failed.
    #[error(
        "an earlier step of this trainer failed, and what it left cannot be trained on; open the run again with `resume`"
    )]
    FailedBefore,
    /// The GPU's adapter, the selection kernels or the bridge refused.
    #[error(transparent)]
    Gpu(gstds_burn::Error),
    /// The device was lost.
    #[error("the GPU device failed: {reason}")]
    DeviceLost {
        /// What Burn reported.
        reason: String,
    },
}

/// The result type of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether training diverged, as it would again from the same configuration.
    #[must_use]
    pub fn is_divergence(&self) -> bool {
        matches!(self, Self::Diverged { .. } | Self::NonFiniteLogits { .. })
    }

    /// Whether training was stopped from outside, and resumes where it stopped.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted { .. })
    }

    /// What is at fault, from which a program's exit code follows.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Data(error) if error.is_usage() => ErrorKind::Usage,
            Self::Models(error) => error.kind(),
            Self::Config { .. } | Self::OtherRun { .. } | Self::Reweight { .. } => ErrorKind::Usage,
            Self::Gpu(error) => error.kind(),
            Self::DeviceLost { .. } | Self::ImageAllocation { .. } | Self::ImageMemory { .. } => {
                ErrorKind::Device
            }
            _ => ErrorKind::Input,
        }
    }
}

pub(crate) fn config_error(reason: String) -> Error {
    Error::Config { reason }
}

/// For `map_err`: the device failed for this reason.
pub(crate) fn device_lost(reason: &impl ToString) -> Error {
    Error::DeviceLost {
        reason: reason.to_string(),
    }
}
