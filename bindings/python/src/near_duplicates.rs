//! `near_duplicates`: groups of rows that are alike.

use gstds_curate::{DuplicateSearch, Survivor};
use numpy::{PyArray1, PyUntypedArray};
use pyo3::prelude::*;

use crate::array::ArrayRows;
use crate::job;

/// For each row the first row of its group.
#[pyfunction]
#[pyo3(signature = (features, threshold, *, report))]
pub(crate) fn near_duplicates<'py>(
    features: &Bound<'py, PyUntypedArray>,
    threshold: f32,
    report: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (py, rows) = (features.py(), ArrayRows::new(features)?);
    let found = job::run(py, report, move |watch| {
        gstds_curate::near_duplicates(&mut rows.into_pool(), search(threshold), watch)
    })?;
    Ok(indices(py, &found.survivors))
}

/// Groups around their first rows.
pub(crate) fn search(threshold: f32) -> DuplicateSearch {
    DuplicateSearch {
        survivor: Survivor::First,
        ..DuplicateSearch::new(threshold)
    }
}

/// Numbers of rows as NumPy indexes with them.
pub(crate) fn indices<'py>(py: Python<'py>, rows: &[u32]) -> Bound<'py, PyArray1<i64>> {
    PyArray1::from_vec(py, rows.iter().map(|&row| row.into()).collect())
}
