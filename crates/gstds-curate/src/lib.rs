#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod already;
mod bank;
mod draw;
mod error;
pub mod guided;
pub mod inspect;
pub mod label_graph;
mod label_losses;
mod near_duplicates;
mod neighbour_search;
pub mod order;
mod output;
mod partition;
mod plan;
mod pool;
mod request;
mod select;
mod solve;
mod submission;
mod summary;
mod units;
mod warnings;

pub use already::read_rows;
pub use bank::Bank;
pub use error::{Error, Result};
pub use label_losses::{LabelLosses, MAX_PROBED_VALUES, label_losses};
pub use near_duplicates::{
    DuplicateGroups, DuplicateSearch, MAX_COMPARED_ROWS, MAX_HOST_COMPARED_ROWS, Survivor,
    near_duplicates, near_duplicates_on,
};
pub use output::{Export, ImageFolder, InputFiles, Placement, SelectionTable, TableFile};
pub use partition::{Partition, PoolPart, Share};
pub use plan::{ClassForecast, DevicePlan, Forecast, PoolPlan, Remedy};
pub use pool::{Classes, Pool, RowSet, image_files, read_kept_path_list, read_path_list};
pub use request::{CoverageRequest, SelectRequest};
pub use select::{PoolSelection, select};
pub use summary::{ClassSummary, DuplicateSummary, SelectionSummary};
