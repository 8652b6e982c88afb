//! `Guided`: batches that go by labels and by what training reports.

use std::sync::Mutex;

use gstds::Keep;
use gstds_curate::guided::{GuidedEpoch, GuidedState, Observed};
use gstds_curate::label_graph::LabelGraph;
use numpy::{PyArray1, PyReadonlyArray1, PyUntypedArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::ArrayRows;
use crate::near_duplicates::indices;
use crate::{device, error, job, process};

/// The rule with its label graph and what it has learned. All of it is on the host. One call at a
/// time uses it; others wait.
#[pyclass(frozen)]
pub(crate) struct Guided {
    rule: Mutex<Rule>,
    rows: usize,
    seed: u64,
}

struct Rule {
    guided: gstds_curate::guided::Guided,
    /// The epoch that batches were last drawn from, and its number.
    epoch: Option<(usize, GuidedEpoch)>,
}

/// Which batch of which epoch, from a mapping with these keys.
#[derive(Clone, Copy, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Place {
    epoch: usize,
    batch: usize,
    batch_rows: usize,
    keep: f64,
}

/// What was learned, from a mapping with these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Learned<'py> {
    steps: u64,
    skipped: u64,
    last: PyReadonlyArray1<'py, f32>,
    class_losses: PyReadonlyArray1<'py, f32>,
    accuracy: f32,
}

#[pymethods]
impl Guided {
    #[new]
    #[pyo3(signature = (features, *, labels, classes, seed, adapter))]
    fn new(
        features: &Bound<'_, PyUntypedArray>,
        labels: Vec<u16>,
        classes: usize,
        seed: u64,
        adapter: Option<String>,
    ) -> PyResult<Self> {
        let (py, array) = (features.py(), ArrayRows::new(features)?);
        let rows = labels.len();
        let guided = job::run(py, None, move |watch| {
            let mut pool = array.into_pool();
            device::on(adapter.as_deref(), |opened| {
                let gpu = &opened.gpu;
                let found = LabelGraph::of_pool(gpu, &mut pool, &labels, classes, watch);
                let (graph, invalid) = found?;
                Ok(gstds_curate::guided::Guided::new(graph).with_invalid(invalid))
            })
        })?;
        Ok(Self {
            rule: Mutex::new(Rule {
                guided,
                epoch: None,
            }),
            rows,
            seed,
        })
    }

    /// The kept rows of a batch, by what was learned so far.
    fn draw<'py>(&self, py: Python<'py>, place: Place) -> PyResult<Bound<'py, PyArray1<i64>>> {
        process::enter()?;
        let keep = Keep::Ratio(place.keep);
        keep.of(1).map_err(error::from_gstds)?;
        let kept = py.detach(|| job::lock(&self.rule).draw(place, keep, self.rows, self.seed));
        Ok(indices(py, &kept.map_err(error::from_gstds)?))
    }

    /// Takes in what a step trained on.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "pyo3 hands arrays over by value"
    )]
    fn observe(
        &self,
        rows: PyReadonlyArray1<'_, u32>,
        losses: PyReadonlyArray1<'_, f32>,
        correct: PyReadonlyArray1<'_, bool>,
    ) -> PyResult<()> {
        process::enter()?;
        let step = Observed {
            rows: rows.as_slice()?,
            losses: losses.as_slice()?,
            correct: correct.as_slice()?,
        };
        // Whoever holds it does not wait for Python's lock.
        let observed = job::lock(&self.rule).guided.observe(&step);
        observed.map_err(|e| error::from_curate(&e))
    }

    /// What was learned, beside the gate and the accuracy of the vote.
    fn learned<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        process::enter()?;
        let (state, gate, vote) = py.detach(|| {
            let guided = &job::lock(&self.rule).guided;
            (
                guided.state().clone(),
                guided.gate(),
                guided.graph().accuracy,
            )
        });
        let dict = PyDict::new(py);
        dict.set_item("steps", state.steps)?;
        dict.set_item("skipped", state.skipped)?;
        dict.set_item("last", PyArray1::from_vec(py, state.last))?;
        dict.set_item("class_losses", PyArray1::from_vec(py, state.class_losses))?;
        dict.set_item("accuracy", state.accuracy)?;
        dict.set_item("gate", gate)?;
        dict.set_item("vote_accuracy", vote)?;
        Ok(dict)
    }

    /// Goes on from what was learned before.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "pyo3 hands arrays over by value"
    )]
    fn restore(&self, py: Python<'_>, learned: Learned<'_>) -> PyResult<()> {
        process::enter()?;
        let state = GuidedState {
            steps: learned.steps,
            skipped: learned.skipped,
            last: learned.last.as_slice()?.to_vec(),
            class_losses: learned.class_losses.as_slice()?.to_vec(),
            accuracy: learned.accuracy,
        };
        let restored = py.detach(|| job::lock(&self.rule).guided.restore(state));
        restored.map_err(|e| error::from_curate(&e))
    }
}

impl Rule {
    fn draw(
        &mut self,
        place: Place,
        keep: Keep,
        rows: usize,
        seed: u64,
    ) -> gstds::Result<Vec<u32>> {
        let known = self.epoch.take();
        let known = known.filter(|(number, _)| *number == place.epoch);
        let drawn = || (place.epoch, GuidedEpoch::new(rows, seed, place.epoch));
        let (_, epoch) = self.epoch.insert(known.unwrap_or_else(drawn));
        let batch = epoch.batch(place.batch_rows, place.batch);
        Ok(self.guided.choose(batch, keep.of(batch.rows.len())?))
    }
}
