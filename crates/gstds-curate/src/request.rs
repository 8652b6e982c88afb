//! What is to be selected.

use gstds::{
    CoverageOptions, CoverageRule, Keep, MAX_COVERED_ROWS, MAX_ROWS, Options, Rule, Solver,
};
use gstds_data::matrix::MatrixLayout;

use crate::already;
use crate::error::{Error, Result};
use crate::label_losses;
use crate::near_duplicates::{DuplicateSearch, MAX_COMPARED_ROWS};
use crate::partition::{Partition, PoolPart};
use crate::pool::Classes;

/// Rows at most, however they are divided: their numbers have 32 bits.
const MAX_POOL_ROWS: usize = u32::MAX as usize;

/// Vectors that an inspection computes beside the spectrum; the more, the longer the solve.
const INSPECTED_VECTORS: u32 = 4;
const _: () = assert!(INSPECTED_VECTORS <= gstds::MAX_VECTORS);

/// How rows are chosen that cover a pool, beside rows that were chosen before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageRequest {
    /// The rule.
    pub rule: CoverageRule,
    /// Eigenvectors of medoids; by default one less than the rows chosen, 2 to 32.
    pub vectors: Option<u32>,
    /// Rows that were chosen before, each once. They are not kept again, and rows that they cover
    /// need not be; [`read_rows`](crate::read_rows) reads them from a file.
    pub already: Vec<u32>,
}

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
    /// Chooses rows that cover each part, in place of the rule of `options`.
    pub coverage: Option<CoverageRequest>,
    /// Finds groups of near-duplicates within each part, and drops all but their survivors before
    /// the selection where that is requested.
    pub near_duplicates: Option<DuplicateSearch>,
    /// The label of each row, where rows are ranked by the loss of their label; see
    /// [`label_losses`](crate::label_losses). Kept rows do not depend on it.
    pub label_suspects: Option<Classes>,
}

impl SelectRequest {
    /// Keeps rows of one graph by the preset [`Options::gstds`].
    #[must_use]
    pub fn new(keep: Keep) -> Self {
        Self {
            keep,
            options: Options::gstds(),
            partition: Partition::Whole,
            coverage: None,
            near_duplicates: None,
            label_suspects: None,
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
        if let Some(labels) = &mut self.label_suspects {
            labels.retain(rows);
        }
        if let Some(coverage) = &mut self.coverage {
            let place = |row: &u32| rows.binary_search(&(*row as usize)).ok();
            let left = coverage.already.iter().filter_map(place);
            coverage.already = left.map(|place| place as u32).collect();
        }
    }

    /// The name of the rule that keeps rows.
    #[must_use]
    pub fn rule_name(&self) -> &'static str {
        let by = self.coverage.as_ref();
        by.map_or(self.options.rule.name(), |by| by.rule.name())
    }

    /// Rows that were chosen before.
    pub(crate) fn already(&self) -> &[u32] {
        self.coverage.as_ref().map_or(&[], |by| &by.already)
    }

    /// The kernels' options of a coverage rule, where there is one.
    pub(crate) fn coverage_options(&self) -> Option<CoverageOptions> {
        let by = self.coverage.as_ref()?;
        let options = CoverageOptions::new(by.rule).vectors(by.vectors);
        Some(options.graph(self.options.clone()).seed(self.options.seed))
    }

    /// Whether any features are read: the rule random needs none, unless rows are checked or
    /// compared.
    #[must_use]
    pub fn reads_features(&self) -> bool {
        let draws = self.coverage.is_none() && self.options.rule == Rule::Random;
        let compares = self.near_duplicates.is_some() || self.label_suspects.is_some();
        !draws || self.options.strict || compares
    }

    /// Divides the rows, and checks all that can be checked without a device.
    pub(crate) fn divide(&self, layout: &MatrixLayout) -> Result<Vec<PoolPart>> {
        let rows = layout.rows;
        already::check(self.already(), rows)?;
        let left = rows - self.already().len();
        let keep = match self.keep {
            Keep::Count(count) if count > left => {
                return Err(Error::Count { count, rows, left });
            }
            keep => keep.of(rows)?.min(left),
        };
        let limit = match self.partition {
            Partition::Whole if self.coverage.is_some() => MAX_COVERED_ROWS,
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
        if let Some(labels) = &self.label_suspects {
            label_losses::check(labels, rows, layout.features)?;
        }
        let parts = self.partition.divide(rows, keep, self.already());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_chosen_before_keep_their_images_where_others_are_left_out() {
        let mut request = SelectRequest::new(Keep::Count(1));
        request.coverage = Some(CoverageRequest {
            already: vec![7, 2, 4],
            ..CoverageRequest::default()
        });
        // Images 0, 1, 3 and 4 could not be decoded.
        request.retain_rows(&[2, 5, 6, 7, 8]);
        assert_eq!(request.already(), [3, 0]);
        assert_eq!(request.rule_name(), "medoids");
    }

    #[test]
    fn no_more_is_kept_than_is_left_beside_the_rows_chosen_before() {
        let layout = |rows| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("f.npy");
            std::fs::write(
                &path,
                gstds_data::matrix::npy::matrix(&vec![0.5; rows * 2], rows, 2),
            )
            .unwrap();
            crate::Pool::open(&path, None).unwrap().layout().clone()
        };
        let mut request = SelectRequest::new(Keep::Count(4));
        request.coverage = Some(CoverageRequest {
            already: vec![0, 1],
            ..CoverageRequest::default()
        });
        assert_eq!(request.divide(&layout(6)).unwrap()[0].keep, 4);
        let error = request.divide(&layout(5)).unwrap_err().to_string();
        assert!(error.contains("keep at most 3"), "{error}");
        request.keep = Keep::Ratio(1.0);
        assert_eq!(request.divide(&layout(5)).unwrap()[0].keep, 3);
        request.coverage = request.coverage.map(|by| CoverageRequest {
            already: vec![6],
            ..by
        });
        let error = request.divide(&layout(6)).unwrap_err().to_string();
        assert!(error.contains("numbered 0 to 5"), "{error}");
    }
}
