//! Runs after they have ended: read from their folders, grouped by what they share, compared.
//!
//! Runs of a group differ by their seed alone. Groups are compared seed by seed with a baseline,
//! since runs of one seed start from the same weights, see the same order of images and the same
//! corruption of the data: a verdict rests on the spread of the paired differences.

mod compare;
mod comparison;
mod curve;
mod epoch_log;
mod find;
mod group;
mod guide_log;
mod paired;
mod run;
mod table;
mod verdict;

pub use compare::compare;
pub use comparison::{Bound, Comparison, Less, Row};
pub use curve::{CostAxis, MeanPoint, Reached, mean_curve, reached};
pub use epoch_log::{EpochPoint, read_curve};
pub use find::find;
pub use group::{Group, groups};
pub(crate) use guide_log::{GuidePoint, read_guide};
pub use paired::{Mean, Paired};
pub use run::{Run, RunSummary};
pub(crate) use table::cells;
pub use verdict::LEVEL;

#[cfg(test)]
pub(crate) mod fixtures;
