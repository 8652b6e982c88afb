#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod batch;
mod blocking;
mod error;
mod features;
mod fiedler;
mod graph;
mod guard;
mod kernel;
mod low_rank;
mod many;
mod options;
mod params;
mod paths;
mod picks;
mod selector;
mod spectrum;
mod stage;
mod status;
mod timestamps;
mod workspace;

pub mod adapter;
pub mod bench;
pub mod profile;
pub mod twin;

pub use batch::Batch;
pub use blocking::{Selection, select_blocking};
pub use error::{Error, Result};
pub use features::{Dtype, Features};
pub use many::{GraphCall, Many};
pub use options::{
    Affinity, Keep, Laplacian, MAX_LANCZOS_STEPS, MAX_NEIGHBOURS, MAX_POWER_STEPS, MAX_VECTORS,
    Options, Order, Path, Rule, Solver, Storage,
};
pub use paths::MAX_LOW_RANK_ROWS;
pub use selector::Selector;
pub use spectrum::Spectrum;
pub use stage::Stage;
pub use status::{Flags, Status};
pub use workspace::{MAX_GRAPHS, MAX_ROWS, Shape};
