//! Schedules of a run: which share of a batch is kept, and at which learning rate it is trained.

mod curve;
mod keep_ratio;
mod phases;
mod rate;
mod table;

pub use curve::Curve;
pub use keep_ratio::Schedule;
pub use rate::Rate;
pub use table::{BatchCounts, EpochCounts, Extent, ScheduleTable};
