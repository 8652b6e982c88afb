//! `Bank`: features on the device, from which the batches of an epoch are selected.

use std::sync::{Arc, Mutex};

use gstds::Keep;
use numpy::{PyArray1, PyUntypedArray};
use pyo3::prelude::*;

use crate::array::ArrayRows;
use crate::job;
use crate::near_duplicates::indices;
use crate::options::GraphOptions;
use crate::process::Owned;
use crate::{device, error};

/// Features on the device, and the kernels for batches of them. One call at a time uses it; others
/// wait.
#[pyclass(frozen)]
pub(crate) struct Bank {
    bank: Owned<Arc<Mutex<gstds_curate::Bank>>>,
    seed: u64,
    batch_rows: usize,
}

/// Which batches of an epoch are selected from.
#[derive(Clone, Copy, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Epoch {
    number: u64,
    keep: f64,
    drop_last: bool,
    /// Of `world_size` processes, the one that these batches are for: every `world_size`th.
    rank: usize,
    world_size: usize,
}

/// Kept rows of one batch after another, and where each batch's start; the end too.
type Kept<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>);

#[pymethods]
impl Bank {
    #[new]
    #[pyo3(signature = (features, *, batch_rows, options, adapter))]
    fn new(
        features: &Bound<'_, PyUntypedArray>,
        batch_rows: usize,
        options: GraphOptions,
        adapter: Option<String>,
    ) -> PyResult<Self> {
        let (py, rows, options) = (features.py(), ArrayRows::new(features)?, options.options()?);
        let seed = options.seed;
        let bank = job::run(py, None, move |watch| {
            let mut pool = rows.into_pool();
            device::on(adapter.as_deref(), |opened| {
                let selector = opened.selector(&options)?;
                gstds_curate::Bank::new(&opened.gpu, &selector, &mut pool, batch_rows, watch)
            })
        })?;
        Ok(Self {
            bank: Owned::new(Arc::new(Mutex::new(bank))),
            seed,
            batch_rows,
        })
    }

    /// Selects within the batches of an epoch.
    fn select<'py>(&self, py: Python<'py>, epoch: Epoch) -> PyResult<Kept<'py>> {
        let (bank, size) = (Arc::clone(&self.bank), self.batch_rows);
        // Epochs of one seed are other orders than those of the next seed.
        let seed = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ epoch.number;
        let keep = Keep::Ratio(epoch.keep);
        keep.of(1).map_err(error::from_gstds)?;
        let kept = job::run(py, None, move |watch| {
            let mut bank = job::lock(&bank);
            let mut batches = bank.batches(size, seed);
            if epoch.drop_last && batches.last().is_some_and(|batch| batch.len() < size) {
                batches.pop();
            }
            // Each process has as many.
            batches.truncate(batches.len() - batches.len() % epoch.world_size.max(1));
            let own = batches.into_iter().skip(epoch.rank);
            let own: Vec<Vec<u32>> = own.step_by(epoch.world_size.max(1)).collect();
            device::note_loss(bank.select(&own, keep, seed, watch))
        })?;
        let mut starts = vec![0];
        for batch in &kept {
            starts.push(starts[starts.len() - 1] + batch.len() as i64);
        }
        Ok((indices(py, &kept.concat()), PyArray1::from_vec(py, starts)))
    }
}
