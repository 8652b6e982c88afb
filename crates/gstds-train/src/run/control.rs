//! What lets a run be stopped and go on: checkpoints, the checks before one is continued, and its
//! early end.
//!
//! All randomness of a run follows from its seed and its place, so a checkpoint holds no generator:
//! the learner with its running statistics, the optimiser's moments, the place, what was counted
//! and the rows kept since the epoch began are all that a step depends on or a file shows.

mod checkpoint;
mod differences;
mod entry;
mod lock;
mod patience;
mod store;

pub(super) use checkpoint::{Checkpoint, Origin, Place, State};
pub use differences::differences;
pub(super) use entry::check;
pub(super) use lock::lock;
pub use lock::lock_in;
pub(super) use patience::is_over;
pub(super) use store::{has_any, newest, write};

/// The folder of checkpoints within a run's.
pub(super) const FOLDER: &str = "checkpoints";
