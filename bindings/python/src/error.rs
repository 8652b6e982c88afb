//! The crates' errors as Python's exceptions, with the crates' sentences.

use gstds::ErrorKind;
use gstds_curate::Error;
use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::{PyErr, create_exception};

create_exception!(
    gstds,
    NoAdapterError,
    PyRuntimeError,
    "This machine has no usable GPU adapter; the message says what to install."
);

/// What is wrong with options and data is a `ValueError`, what the device reports a `RuntimeError`,
/// `MemoryError` or [`NoAdapterError`].
pub(crate) fn from_curate(error: &Error) -> PyErr {
    let message = error.to_string();
    let source = match error {
        Error::Selection(source) | Error::Part { source, .. } => Some(source),
        _ => None,
    };
    if let Some(gstds::Error::OutOfMemory { .. }) = source {
        return PyMemoryError::new_err(message);
    }
    match error.kind() {
        ErrorKind::Usage | ErrorKind::Input => PyValueError::new_err(message),
        ErrorKind::Environment => NoAdapterError::new_err(message),
        // The device, and kinds to come.
        _ => PyRuntimeError::new_err(message),
    }
}

/// The same of an error of the kernel crate.
pub(crate) fn from_gstds(error: gstds::Error) -> PyErr {
    from_curate(&error.into())
}
