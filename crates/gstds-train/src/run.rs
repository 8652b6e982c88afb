//! The training run: from a configuration to a folder with its results.

mod budget;
mod config;
mod control;
mod defaults;
mod evaluate;
mod folder;
mod given;
mod grounds;
mod keys;
mod optimiser;
mod pending;
mod plan;
mod progress;
mod readings;
pub(crate) mod sampler;
mod setup;
mod start;
mod summary;
mod train;

pub use config::{Adapter, TrainConfig};
pub use folder::RunFolder;
pub use given::{train, train_on, train_with};
pub(crate) use keys::flat;
pub use optimiser::{Algorithm, Clip, Optimiser};
pub use plan::{Plan, plan};
pub use progress::{EpochReport, Progress, Silent, StepReport, Terminal};
pub(crate) use setup::dataset;
pub use setup::{bank_of, cache};
pub use summary::{ReferenceCost, Seconds, Summary};
