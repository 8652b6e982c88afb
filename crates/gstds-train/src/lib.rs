//! Training with spectral data selection: data sets, reference models, feature banks, learners,
//! selection methods, schedules and the training run.

pub mod bank;
pub mod bank_cache;
pub mod compare;
pub mod data;
pub mod error;
pub mod flops;
#[cfg(test)]
mod fuzzing;
mod hash;
pub mod images;
pub mod inspect;
pub mod learner;
pub mod memory;
pub mod method;
#[cfg(test)]
mod real_data;
pub mod reference;
pub mod reference_losses;
pub mod report;
pub mod results;
pub mod run;
pub mod schedule;
mod weights;
mod whole_file;

pub use error::{Error, Result};
