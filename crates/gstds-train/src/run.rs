//! The training run: from a configuration to a folder with its results.

mod budget;
mod conditions;
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

pub(crate) use conditions::training_data;
pub use conditions::{ConditionSummary, Troubles, conditioned};
pub use config::{Adapter, TrainConfig};
pub(crate) use control::{differences, lock_in};
pub use folder::RunFolder;
pub use given::{train, train_on, train_with};
pub(crate) use keys::flat;
pub use optimiser::{Algorithm, Clip, Optimiser};
pub(crate) use plan::Costs;
pub use plan::{Plan, plan};
pub use progress::{EpochReport, Progress, Silent, StepReport, Terminal};
pub use setup::{bank_of, cache};
pub use summary::{ReferenceCost, Seconds, Summary};
