//! Training of image classifiers on the most informative rows of each batch: methods, schedules,
//! batches on the device, checkpoints and the training run.
//!
//! # Quick start
//!
//! A run is a configuration. It trains on the GPU and returns a [`Summary`](run::Summary); with
//! [`TrainConfig::out`](run::TrainConfig::out) it also leaves a folder. The data set of this
//! example, the reference model's weights and its features are built in.
//!
//! ```no_run
//! use gstds_train::{method::MethodName, run};
//!
//! # fn main() -> gstds_train::Result<()> {
//! let mut config = run::TrainConfig::new(MethodName::Gstds, false);
//! config.schedule = "cosine:1..0.25+final:1".parse()?;
//! config.epochs = 5;
//! config.out = Some("runs/first".into());
//! let summary = run::train(&config, &mut run::Silent)?;
//! println!("{:.1} %", 100.0 * summary.test_accuracy);
//! println!("{} of {} samples", summary.samples_kept, summary.samples_seen);
//! # Ok(())
//! # }
//! ```
//!
//! Run it with [`MethodName::Random`](method::MethodName::Random) too: random rows are a strong
//! baseline, and no rule on the Fiedler vector alone has beaten them so far
//! ([guide](gstds::guide)).
//!
//! [`run::train`] is a loop over [`run::Trainer::step`], which can be called from your own loop.
//! `examples/own_loop.rs` goes further and puts its own network and optimiser around a
//! [`Method`](method::Method) and a [`Schedule`](schedule::Schedule).
//!
//! # The walk of a batch
//!
//! | module | step |
//! |---|---|
//! | [`gstds_data`] | a data set is opened and, on request, corrupted |
//! | [`gstds_models::reference`] | a frozen network turns an image into a feature row |
//! | [`gstds_models::bank`] | a feature row for every training image, computed once and cached |
//! | [`sampler`] | the order of rows in an epoch |
//! | [`schedule`] | which share of a batch is kept, and at which learning rate |
//! | [`method`] | which rows are kept, chosen on the GPU without waiting for the host |
//! | [`images`] | kept rows become images: gathered, resized, augmented, normalised |
//! | [`gstds_models::learner`] | forward, backward, update |
//! | [`run`] | all of it, step by step: configuration, checkpoints, summary |
//! | [`flops`] | what a step costs, counted from shapes |
//!
//! # Guarantees
//!
//! - The same configuration and data on the same adapter give the same losses, kept rows and
//!   accuracy, also where a run was stopped or killed and resumed.
//! - No step reads anything back. Metrics are read asynchronously; only the end of an epoch and a
//!   checkpoint wait for the device.
//! - Ratios, accuracies and shares are in 0..1, times in seconds, memory in bytes, costs in
//!   operations (two a multiply-add), sides in pixels.
//! - An [`Error`] names the value, the limit and what to do; files are written whole or not at all.

pub mod error;
pub mod flops;
pub mod images;
pub mod method;
#[cfg(test)]
mod read_back;
pub mod run;
pub mod sampler;
pub mod schedule;
pub mod toml_file;

pub use error::{Error, Result};
