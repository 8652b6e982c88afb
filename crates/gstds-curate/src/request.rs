//! What is to be selected.

use gstds::{Keep, MAX_ROWS, Options, Rule, Solver};
use gstds_data::matrix::MatrixLayout;

use crate::error::{Error, Result};
use crate::near_duplicates::{DuplicateSearch, MAX_COMPARED_ROWS};
use crate::partition::{Partition, PoolPart};

/// Rows at most, however they are divided: their numbers have 32 bits.
const MAX_POOL_ROWS: usize = u32::MAX as usize;

/// Vectors that an inspection computes beside the spectrum; the more, the longer the solve.
const INSPECTED_VECTORS: u32 = 4;
const _: () = assert!(INSPECTED_VECTORS <= gstds::MAX_VECTORS);

/// How many rows of a pool are kept, and how they are chosen.
#[derive(Clone, Debug)]
pub struct SelectRequest {
    /// How many rows are kept of all parts together.
    pub keep: Keep,
    /// Graph, solver and rule. With `strict`, zero, NaN and infinite rows are an error also in
    /// parts that keep no row.
    pub options: Options,
    /// Which rows are selected from together.
    pub partition: Partition,
    /// Finds groups of near-duplicates within each part, and drops all but their survivors before
    /// the selection where that is requested.
    pub near_duplicates: Option<DuplicateSearch>,
}

impl SelectRequest {
    /// Keeps rows of one graph by the preset [`Options::gstds`].
    #[must_use]
    pub fn new(keep: Keep) -> Self {
        Self {
            keep,
            options: Options::gstds(),
            partition: Partition::Whole,
            near_duplicates: None,
        }
    }

    /// The same with the further vectors that [`inspect`](crate::inspect::inspect) shows, where the
    /// solver and path can compute them.
    ///
    /// # Errors
    /// [`Error::NothingToInspect`] for the rule random, which solves no graph.
    pub fn for_inspection(mut self) -> Result<Self> {
        if self.options.rule == Rule::Random {
            return Err(Error::NothingToInspect);
        }
        if self.options.solver == Solver::Lanczos && self.options.path != gstds::Path::Fused {
            self.options.vectors = INSPECTED_VECTORS;
        }
        Ok(self)
    }

    /// Keeps only the classes of these rows, in ascending order, where others were left out.
    pub fn retain_rows(&mut self, rows: &[usize]) {
        if let Partition::Classes { classes, .. } = &mut self.partition {
            classes.retain(rows);
        }
    }

    /// Whether any features are read: the rule random needs none, unless rows are checked or
    /// compared.
    #[must_use]
    pub fn reads_features(&self) -> bool {
        self.options.rule != Rule::Random || self.options.strict || self.near_duplicates.is_some()
    }

    /// Divides the rows, and checks all that can be checked without a device.
    pub(crate) fn divide(&self, layout: &MatrixLayout) -> Result<Vec<PoolPart>> {
        let rows = layout.rows;
        let keep = match self.keep {
            Keep::Count(count) if count > rows => return Err(Error::Count { count, rows }),
            keep => keep.of(rows)?,
        };
        let limit = match self.partition {
            Partition::Whole if self.options.rule != Rule::Random => MAX_ROWS,
            _ => MAX_POOL_ROWS,
        };
        if rows > limit {
            return Err(gstds::Error::TooManyRows { rows, limit }.into());
        }
        if let Some(DuplicateSearch { threshold, .. }) = self.near_duplicates
            && !(threshold > 0.0 && threshold <= 1.0)
        {
            return Err(Error::Threshold { threshold });
        }
        let parts = self.partition.divide(rows, keep);
        let most = parts.iter().map(|part| part.rows.len()).max().unwrap_or(0);
        if self.near_duplicates.is_some() && most > MAX_COMPARED_ROWS {
            return Err(Error::TooManyPairs {
                rows: most,
                limit: MAX_COMPARED_ROWS,
            });
        }
        Ok(parts)
    }
}
