//! Keeps the GPU driver's messages off stderr.

use pyo3::prelude::*;
use pyo3::types::PyAny;

/// Runs `start`, which starts a driver, in an environment for which drivers have no complaint: one
/// without a desktop session is normal here, and older llvmpipe announces that it is for testing.
/// What is set for it is removed afterwards.
pub(crate) fn quietly<T>(start: impl FnOnce() -> T) -> T {
    // Where Python is on its way out, messages are the smaller harm.
    let set = Python::try_attach(|py| set(py).unwrap_or_default()).unwrap_or_default();
    let started = start();
    if !set.is_empty() {
        Python::try_attach(|py| remove(py, &set));
    }
    started
}

/// Sets the variables that are not, or empty, and returns their names.
fn set(py: Python<'_>) -> PyResult<Vec<&'static str>> {
    let folder = py.import("tempfile")?.call_method0("gettempdir")?;
    let environ = environ(py)?;
    let variables = [
        ("XDG_RUNTIME_DIR", folder),
        (
            "MESA_VK_IGNORE_CONFORMANCE_WARNING",
            "true".into_pyobject(py)?.into_any(),
        ),
    ];
    let mut set = Vec::new();
    for (name, value) in variables {
        if !environ.call_method1("get", (name,))?.is_truthy()? {
            environ.set_item(name, value)?;
            set.push(name);
        }
    }
    Ok(set)
}

fn remove(py: Python<'_>, names: &[&str]) -> PyResult<()> {
    let environ = environ(py)?;
    for name in names {
        environ.call_method1("pop", (name, py.None()))?;
    }
    Ok(())
}

/// Python's view of the environment, which it keeps and the process's in step.
fn environ(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("os")?.getattr("environ")
}
