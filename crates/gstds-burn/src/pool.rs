//! Whole pools: rows that cover one, and the most similar rows of every row.

mod coverage;
mod neighbours;
mod operation;

pub use coverage::CoverageSelector;
pub use neighbours::{NeighbourSearch, NeighbourTensors};
