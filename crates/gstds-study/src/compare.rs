//! Trains methods at equal cost: the same first weights, the same order of images, the same budget.
//!
//! A comparison trains every method with every seed. Runs of one seed share the learner's first
//! weights, the order of images and the corruption of the data, so that their accuracies can be
//! compared in pairs. All methods get the same budget of back-propagated samples, operations or
//! time: what `random` costs under the base configuration. A method with more expensive steps makes
//! fewer of them, and learning rates and keep ratios follow the steps and epochs that it makes.

mod allocation;
mod budget;
mod config;
mod execute;
mod folder;
mod observer;
mod pilot;
mod planner;

pub use allocation::Allocation;
pub use budget::Budget;
pub use config::CompareConfig;
pub use execute::{Outcome, compare_on};
pub use folder::{COMPARE, SUMMARY};
pub use observer::{CompareObserver, PlannedRun};
pub use planner::plan;
