//! `select`: kept rows, scores and figures of a selection from an array.

use gstds::{Order, Spectrum};
use gstds_curate::{
    Classes, DevicePlan, DuplicateSearch, Partition, Pool, PoolPlan, PoolSelection, SelectRequest,
    SelectionSummary, Share,
};
use numpy::{PyArray1, PyArray2, PyUntypedArray};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::ArrayRows;
use crate::device;
use crate::job::{self, Watch};
use crate::near_duplicates::{indices, search};
use crate::options::{Amount, GraphOptions};

/// How the rows are divided, from a mapping with these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Division {
    batch: Option<usize>,
    shuffle: bool,
    /// A number a row.
    labels: Option<Vec<i64>>,
    by_class: Option<String>,
}

impl Division {
    fn partition(self, seed: u64) -> PyResult<Partition> {
        let Some(share) = self.by_class.as_deref() else {
            return Ok(match self.batch {
                Some(size) => Partition::Batches {
                    size,
                    shuffle: self.shuffle.then_some(seed),
                },
                None => Partition::Whole,
            });
        };
        Ok(Partition::Classes {
            classes: Classes::of_numbers(self.labels.as_deref().unwrap_or_default()),
            share: match share {
                "equal" => Share::Equal,
                "proportional" => Share::Proportional,
                other => {
                    return Err(PyValueError::new_err(format!(
                        "unknown by_class '{other}'; choose one of equal, proportional"
                    )));
                }
            },
        })
    }
}

/// What is selected, from a mapping with these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Wanted {
    amount: Amount,
    options: GraphOptions,
    division: Division,
    /// Rows that were chosen before.
    already: Vec<u32>,
    /// The threshold of near-duplicates.
    near_duplicates: Option<f32>,
    /// Whether they are dropped.
    drop: bool,
}

impl Wanted {
    fn request(self) -> PyResult<SelectRequest> {
        let coverage = self.options.coverage(&self.already);
        // In rank order: the rows in ascending order follow from it.
        let options = self.options.of_pool()?.order(Order::Rank);
        let near_duplicates = self.near_duplicates.map(|threshold| DuplicateSearch {
            drop: self.drop,
            ..search(threshold)
        });
        Ok(SelectRequest {
            keep: self.amount.keep(),
            partition: self.division.partition(options.seed)?,
            options,
            coverage,
            near_duplicates,
            label_suspects: None,
        })
    }
}

/// What a selection found, with the rows that can be in a graph.
struct Found {
    selection: PoolSelection,
    summary: SelectionSummary,
    valid: Vec<bool>,
}

/// Selects, and returns a dictionary of arrays and figures.
#[pyfunction]
#[pyo3(signature = (features, *, wanted, adapter, report))]
pub(crate) fn select<'py>(
    features: &Bound<'py, PyUntypedArray>,
    wanted: Wanted,
    adapter: Option<String>,
    report: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let (py, rows) = (features.py(), ArrayRows::new(features)?);
    let request = wanted.request()?;
    let found = job::run(py, report, move |watch| {
        find(&mut rows.into_pool(), &request, adapter.as_deref(), watch)
    })?;
    found.into_dict(py)
}

fn find(
    pool: &mut Pool,
    request: &SelectRequest,
    adapter: Option<&str>,
    watch: &mut Watch,
) -> gstds_curate::Result<Found> {
    let plan = PoolPlan::new(request, pool.layout(), None)?;
    device::on(adapter, |opened| {
        let selector = opened.selector(&request.options)?;
        let device = DevicePlan::with_selector(&opened.gpu, &plan, selector)?;
        let selection = device.select(pool, watch)?;
        let summary = SelectionSummary::new(&device, &selection);
        let valid = match &selection.invalid {
            Some(invalid) => {
                let mut valid = vec![true; pool.layout().rows];
                invalid.iter().for_each(|&row| valid[row as usize] = false);
                valid
            }
            // A rule that reads no features.
            None => pool.valid_rows()?,
        };
        Ok(Found {
            selection,
            summary,
            valid,
        })
    })
}

impl Found {
    fn into_dict(self, py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let (selection, summary) = (self.selection, self.summary);
        let dict = PyDict::new(py);
        let order = indices(py, &selection.kept);
        let mut kept = selection.kept;
        kept.sort_unstable();
        dict.set_item("kept", indices(py, &kept))?;
        dict.set_item("order", order)?;
        dict.set_item("scores", PyArray1::from_vec(py, selection.scores))?;
        let lines = &selection.vectors;
        if !lines.is_empty() {
            let vectors = PyArray2::from_vec2(py, lines).map_err(PyErr::from)?;
            dict.set_item("vectors", vectors)?;
            dict.set_item("eigenvalues", eigenvalues(py, &selection.spectra)?)?;
        }
        let groups = selection.near_duplicates;
        dict.set_item("groups", groups.map(|found| indices(py, &found.survivors)))?;
        let valid = self.valid.iter().filter(|&&valid| valid).count();
        dict.set_item("valid", PyArray1::from_vec(py, self.valid))?;
        dict.set_item(
            "status",
            status(py, &summary, valid, selection.statuses.len())?,
        )?;
        Ok(dict)
    }
}

/// The eigenvalues of each part's graph, as many as were asked of any; 0 where there is none.
fn eigenvalues<'py>(
    py: Python<'py>,
    spectra: &[Option<Spectrum>],
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let values = |spectrum: &Option<Spectrum>| {
        let values = spectrum.map_or([0.0; gstds::MAX_VECTORS as usize], |it| it.values);
        values.to_vec()
    };
    let lines: Vec<Vec<f32>> = spectra.iter().map(values).collect();
    PyArray2::from_vec2(py, &lines).map_err(PyErr::from)
}

/// The figures that the program prints.
fn status<'py>(
    py: Python<'py>,
    summary: &SelectionSummary,
    valid: usize,
    parts: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("rows", summary.rows)?;
    dict.set_item("features", summary.features)?;
    dict.set_item("valid", valid)?;
    dict.set_item("kept", summary.kept)?;
    dict.set_item("parts", parts)?;
    dict.set_item("lambda2", summary.lambda2)?;
    dict.set_item("residual", summary.residual)?;
    dict.set_item("path", summary.path)?;
    dict.set_item("steps", summary.steps)?;
    dict.set_item("flags", summary.flags.clone())?;
    dict.set_item("milliseconds", summary.milliseconds)?;
    dict.set_item("clock", summary.clock)?;
    dict.set_item("adapter", &summary.adapter)?;
    Ok(dict)
}
