//! Plain training in batches of the kept size: every row of the data set once before any again. What
//! selection has to beat at equal compute.

use super::{BatchRows, Chosen, EpochDraw, Method, MethodName};
use crate::{error::Result, sampler};

pub(super) struct SmallBatch;

impl Method for SmallBatch {
    fn name(&self) -> MethodName {
        MethodName::SmallBatch
    }

    /// A pass over the data spans epochs, and a batch may have the end of one pass and the beginning
    /// of the next.
    fn draw_epoch(&mut self, draw: &EpochDraw<'_>) -> Option<Vec<i32>> {
        let (from, count) = (draw.drawn, draw.rows());
        Some(sampler::passes(draw.images, draw.seed, from, count))
    }

    fn choose(&mut self, _batch: &BatchRows<'_>) -> Result<Chosen> {
        Ok(Chosen::all())
    }
}
