//! Schedules of a run: which share of a batch is kept, and at which learning rate it is trained.

mod keep;
mod rate;

pub use keep::Schedule;
pub use rate::Rate;
