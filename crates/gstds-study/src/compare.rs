//! Methods against each other: the same first weights, the same order of images, the same cost.
//!
//! A comparison trains every method with every seed. Runs of one seed share the learner's first
//! weights, the order of images and the conditions of the data, so that their accuracies can be
//! compared in pairs. All methods get the same budget of back-propagated samples, of operations or
//! of time, whichever is asked for; that of `random` rows under the base configuration is the
//! amount. A method with dearer steps makes fewer of them, and learning rates and keep ratios follow
//! the steps and epochs that it makes.

mod allot;
mod budget;
mod config;
mod folder;
mod going;
mod pilot;

pub use allot::Allotment;
pub use budget::Budget;
pub use config::CompareConfig;
pub use folder::{COMPARE, SUMMARY};
pub use going::{Listener, Outcome, RunOf, compare_on, plan};
