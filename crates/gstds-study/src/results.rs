//! Runs after they have ended: read from their folders, grouped by what they share, compared.
//!
//! Runs of a group differ by their seed alone. Groups are compared seed by seed with a baseline,
//! since runs of one seed start from the same weights, see the same order of images and the same
//! conditions of the data: the spread of the paired differences is what a verdict stands on.

mod comparison;
mod curve;
mod find;
mod group;
mod ledger;
mod paired;
mod run;
mod table;
mod verdict;

pub use comparison::{Bound, Comparison, Less, Row, compare};
pub use curve::{Axis, MeanPoint, Reached, mean_curve, reached};
pub use find::find;
pub use group::{Group, groups};
pub use ledger::{Point, read_curve};
pub use paired::{Mean, Paired};
pub use run::{Run, RunSummary};
pub(crate) use table::cells;
pub use verdict::LEVEL;

#[cfg(test)]
pub(crate) mod made_up;
