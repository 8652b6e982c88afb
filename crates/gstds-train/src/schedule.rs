//! Schedules of a run: which share of a batch is kept, and at which learning rate it is trained.

mod keep;
mod phases;
mod rate;
mod shape;
mod table;

pub use keep::Schedule;
pub use rate::Rate;
pub use shape::Shape;
pub use table::{Batch, EpochCounts, Extent, Table};
