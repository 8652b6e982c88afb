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
pub mod sampler;
mod setup;
mod start;
mod summary;
mod train;

pub use conditions::{ConditionSummary, Troubles, conditioned, training_data};
pub use config::{Adapter, TrainConfig};
pub use control::{differences, lock_in};
pub use folder::RunFolder;
pub use given::{train, train_on, train_with};
pub use gstds_data::Silent;
pub use keys::flat;
pub use optimiser::{Algorithm, Clip, Optimiser};
pub use plan::{Costs, Plan, plan};
pub use progress::{EpochReport, RunProgress, StepReport, Terminal};
pub use summary::{ReferenceCost, Seconds, Summary};
