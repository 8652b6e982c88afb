//! Training image classifiers on the part of every batch that is worth it: data sets, reference
//! models, feature banks, learners, selection methods, schedules, the training run, comparisons and
//! reports. The command `gstds` is a thin shell around this crate.
//!
//! # In a minute
//!
//! A run is a configuration; it trains on the GPU and leaves a [`Summary`](run::Summary), and a
//! folder where [`TrainConfig::out`](run::TrainConfig::out) names one. The data set, the reference's
//! weights and its features of this example are in the crate.
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
//! # The way of the data
//!
//! | room | what happens there |
//! |---|---|
//! | [`data`] | a data set is opened: squares of bytes, labels, training and test split |
//! | [`mod@reference`] | a frozen network turns an image into a feature row |
//! | [`bank`], [`bank_cache`] | a row for every training image, computed once and cached, on the device |
//! | [`schedule`] | which share of a batch is kept, and at which learning rate |
//! | [`method`] | which rows those are, chosen on the GPU; none waits for the host |
//! | [`reference_losses`] | what guided methods compare the learner's losses with |
//! | [`images`] | kept rows become pictures: gathered, resized, augmented, normalised |
//! | [`learner`] | forward, backward, step |
//! | [`run`] | all of it, step by step: configuration, checkpoints, resuming, summary |
//! | [`flops`], [`memory`] | what a run costs, counted from shapes before it starts |
//! | [`mod@compare`], [`results`], [`report`] | methods against each other, and what is shown of it |
//!
//! # What to rely on
//!
//! - The same configuration and data on the same adapter give the same losses, kept rows and
//!   accuracy, also where a run was stopped or killed and resumed.
//! - Nothing within a step reads anything back. Readings are copied behind the work; the ends of
//!   epochs and checkpoints wait.
//! - Ratios, accuracies and shares are in 0..1, times in seconds, memory in bytes, costs in
//!   operations (two a multiply-add), sides in pixels.
//! - An [`Error`] names the value, the limit and the way out; files are written whole or not at all.

pub mod error;
pub mod flops;
pub mod images;
pub mod memory;
pub mod method;
pub mod run;
pub mod schedule;
pub mod toml_file;

pub use error::{Error, Result};
