//! Everything that can go wrong in this crate, in one type.

use gstds::ErrorKind;
use std::path::PathBuf;

/// What went wrong, which value caused it, and the way out.
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
        "{rows} images at once are too many for {learner} at a side of {side}: a layer's output may have {bytes} bytes on this device, which {most} images fill; lower the batch, the keep ratio or image_side, or choose a narrower learner"
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
    /// A schedule that cannot be read.
    #[error(
        "`{text}` is no schedule: {reason}; write constant:0.25, linear:1..0.25, cosine:1..0.25, step:1,0.5,0.25 or wave:0.25..1x4, and behind it +warmup:2 or +start:0.5 and +final:1 or +end:0.9 for epochs on full data, +interrupt:10 for batches"
    )]
    Schedule {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Weights for kept rows whose probability of being kept is not known.
    #[error(
        "reweight divides by the probability with which a row is kept, and {method} {reason}: leave reweight out, or choose random, or jest with a temperature above 0"
    )]
    Reweight {
        /// The method.
        method: &'static str,
        /// How it chooses.
        reason: &'static str,
    },
    /// An augmentation that cannot be read or done.
    #[error(
        "`{text}` is no augmentation: {reason}; write none, or what is wanted of flip,crop:4,rotate:10,brightness:0.2"
    )]
    Augment {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Images that the device's buffers cannot hold.
    #[error("{what} need {needed} bytes on the device, and its {limit} hold {allowed}: {remedy}")]
    ImageMemory {
        /// Which images.
        what: &'static str,
        /// Predicted bytes.
        needed: u64,
        /// Name of the limit.
        limit: &'static str,
        /// Bytes that fit it.
        allowed: u64,
        /// The way out.
        remedy: &'static str,
    },
    /// Images for which the device has no memory left.
    #[error(
        "the device has no room for {needed} bytes of images: {reason}; set residence to stream, or lower batch where they are streamed"
    )]
    ImageAllocation {
        /// Bytes of the buffer that was refused.
        needed: u64,
        /// The device's words.
        reason: String,
    },
    /// The system gave no thread to read images with.
    #[error("the thread that reads images cannot be started: {source}; set residence to device")]
    Thread {
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A value that no run can have.
    #[error("the configuration cannot be run: {reason}")]
    Config {
        /// The value, its limit and the way out.
        reason: String,
    },
    /// A file that is no configuration.
    #[error("{path} is no configuration of a run: {reason}")]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What the reader said, with the line.
        reason: String,
    },
    /// A run's folder that is there already.
    #[error(
        "the run folder {path} exists: give --out another name, continue the run in it with --resume, or remove it"
    )]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// A run that is not there.
    #[error("{path} holds no run: there is no config.toml in it")]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A run to be resumed that has come to its end.
    #[error("the run in {path} is finished: nothing is left to resume")]
    RunFinished {
        /// The folder.
        path: PathBuf,
    },
    /// A run that another process is at.
    #[error("the run in {path} is under way in another process: wait for its end or stop it")]
    RunInUse {
        /// The folder.
        path: PathBuf,
    },
    /// A run that would go on as another than it began.
    #[error(
        "the run in {path} goes on as it began or not at all: {differences}; take that back, or begin another run"
    )]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// What is different.
        differences: String,
    },
    /// A checkpoint that cannot be written or read.
    #[error("the checkpoint {path} cannot be used: {reason}")]
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
        /// What is left of the run, and how it goes on.
        left: String,
    },
    /// A method that selects by features, and none were given.
    #[error("the method {method} needs the features of a reference model: give a feature bank")]
    NoFeatures {
        /// The method.
        method: &'static str,
    },
    /// A method that selects by the learner's losses, and none were given.
    #[error("the method {method} needs the learner's losses of a batch to choose from it")]
    NoLosses {
        /// The method.
        method: &'static str,
    },
    /// A method that compares losses with the reference's, and none were given.
    #[error(
        "the method {method} needs the reference's losses: compute them with reference_losses::cross_fit"
    )]
    NoReferenceLosses {
        /// The method.
        method: &'static str,
    },
    /// Training that left the range of numbers.
    #[error(
        "the loss of step {step} is {loss}: lower the learning rate, which was {learning_rate:.4} there, or loss_scale under mixed precision"
    )]
    Diverged {
        /// The step, from 1.
        step: usize,
        /// The loss: NaN or an infinity.
        loss: f64,
        /// The learning rate of that step.
        learning_rate: f64,
    },
    /// A learner whose weights left the range of numbers after the last loss was read.
    #[error(
        "after step {step} the learner answers test images with values that are no numbers: lower the learning rate, or loss_scale under mixed precision"
    )]
    NoAnswer {
        /// The last step made, from 1.
        step: usize,
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
            Self::Models(error) => error.kind(),
            Self::Augment { .. }
            | Self::Config { .. }
            | Self::OtherRun { .. }
            | Self::Reweight { .. }
            | Self::Schedule { .. } => ErrorKind::Usage,
            Self::Gpu(error) => error.kind(),
            Self::DeviceLost { .. } | Self::ImageAllocation { .. } | Self::ImageMemory { .. } => {
                ErrorKind::Device
            }
            _ => ErrorKind::Input,
        }
    }
}
