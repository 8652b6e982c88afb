//! Checkpoints: written while a run trains, and what a resumed run starts from.
//!
//! All randomness of a run follows from its seed and its position, so a checkpoint holds no
//! generator: the learner with its running statistics, the optimiser's moments, the position, the
//! tally and the rows kept since the epoch began are all that later steps and files depend on.

mod differences;
mod file;
mod resume;
mod store;

pub use differences::{differences, flat};
pub(super) use file::{Checkpoint, CheckpointState, Origin, Position};
pub(super) use resume::Resumed;
pub(super) use store::write;

#[cfg(test)]
pub(super) use file::tests::checkpoint as fixture;
