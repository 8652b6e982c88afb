//! Everything that can go wrong in this crate, in one type.

use std::path::PathBuf;

/// What went wrong, which value caused it, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data set that cannot be read.
    #[error(transparent)]
    Data(#[from] crate::data::Error),

    // Reference models.
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

    // Feature banks.
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
        crate::memory::megabytes(*bytes)
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

    // Runs.
    /// A name that is none of an option's.
    #[error("'{name}' is no {what}; choose one of {choices}")]
    UnknownName {
        /// The option.
        what: &'static str,
        /// What was given.
        name: String,
        /// The names there are.
        choices: &'static str,
    },
    /// A value written as text that cannot be read.
    #[error("`{text}` is no {what}: {reason}; write {forms}")]
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
    /// Mixed precision on an adapter that computes in f32 alone.
    #[error("{adapter} has no 16-bit floats in shaders (SHADER_F16): choose precision full")]
    NoHalf {
        /// The adapter.
        adapter: String,
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
    /// A comparison to be resumed that is not there.
    #[error(
        "{path} holds no comparison to resume: there is no compare.toml in it; begin one without --resume"
    )]
    NoComparison {
        /// The folder.
        path: PathBuf,
    },
    /// A budget on which a method cannot be trained.
    #[error(
        "{amount} are no budget for {method}: {reason}; give more --epochs, or leave what is paid once out with --free-reference"
    )]
    Budget {
        /// The method.
        method: &'static str,
        /// What each method gets.
        amount: String,
        /// What it does not pay for.
        reason: String,
    },
    /// Runs among which nothing can be compared.
    #[error(
        "nothing to compare: no {}run has come to its end; finish one, or resume it",
        method.map_or_else(String::new, |method| format!("{method} "))
    )]
    NothingToCompare {
        /// The baseline that was asked for.
        method: Option<&'static str>,
    },
    /// A file of a run's folder that no run writes so.
    #[error("{path} is no file of a run: {reason}; leave that run out, or make it again")]
    RunFile {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
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
    // Reports.
    /// A picture that cannot be drawn.
    #[error("a picture cannot be drawn: {reason}")]
    Drawing {
        /// What is wrong with what it was to show.
        reason: String,
    },

    /// A report that is there already.
    #[error("{path} exists already; choose another folder, or replace it with --force")]
    ReportExists {
        /// The file or folder.
        path: PathBuf,
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
    /// A file or folder that the operating system refused.
    #[error("{action} {path} failed: {source}")]
    Io {
        /// What was tried, as a participle: `writing`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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
