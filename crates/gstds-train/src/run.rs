//! Training runs: from a configuration to a folder with results, step by step.

mod checkpoint;
mod config;
mod defaults;
mod dry_run;
mod folder;
mod metrics;
mod open;
mod optimiser;
mod progress;
mod summary;
mod trainer;

pub use checkpoint::{differences, flat};
pub use config::{Adapter, MOST_SEED, TrainConfig};
pub use dry_run::{DryRun, dry_run};
pub use folder::{LOCK, RunFolder, lock_in};
pub use gstds_data::Silent;
pub use open::{Costs, training_data};
pub use optimiser::{Algorithm, Clip, Optimiser};
pub use progress::{EpochReport, RunProgress, StepReport};
pub use summary::corruption::{CorruptionCounts, CorruptionSummary, corrupted};
pub use summary::{DeviceMemory, ReferenceCost, Seconds, Summary};
pub use trainer::{Trainer, train, train_on, train_with};
