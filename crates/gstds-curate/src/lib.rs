#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod already;
mod error;
pub mod inspect;
mod near_duplicates;
mod output;
mod partition;
mod plan;
mod pool;
mod request;
mod select;
mod solve;
mod summary;

pub use already::read_rows;
pub use error::{Error, Result};
pub use near_duplicates::{DuplicateGroups, MAX_COMPARED_ROWS};
pub use output::{Export, ImageFolder, InputFiles, Placement, SelectionTable, TableFile};
pub use partition::{Partition, PoolPart, Share};
pub use plan::{ClassForecast, DevicePlan, Forecast, PoolPlan};
pub use pool::{Classes, Pool, RowSet, read_path_list};
pub use request::{CoverageRequest, SelectRequest};
pub use select::{PoolSelection, select};
pub use summary::{ClassSummary, DuplicateSummary, SelectionSummary};
