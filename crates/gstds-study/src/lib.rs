//! Methods against each other: comparisons at equal cost, their results, and reports on them.

pub mod compare;
pub mod error;
pub mod report;
pub mod results;

pub use error::{Error, Result};
