//! Forked processes, in which neither a device nor a thread of the parent lives on.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::PyResult;
use pyo3::exceptions::PyRuntimeError;

/// The first process that used the module; 0 before any has.
static USER: AtomicU32 = AtomicU32::new(0);

/// Notes that this process uses the module. To be called before any lock is taken: one that the
/// parent held when it forked is never released here.
///
/// # Errors
/// In a child forked from a process that had used it.
pub(crate) fn enter() -> PyResult<()> {
    let here = std::process::id();
    let first = USER.compare_exchange(0, here, Ordering::Relaxed, Ordering::Relaxed);
    match first {
        Err(first) if first != here => Err(PyRuntimeError::new_err(
            "this process was forked from one that had used gstds, and neither its device nor its \
             threads survive that: start processes by multiprocessing's 'spawn' or 'forkserver', or \
             use gstds in the children alone",
        )),
        _ => Ok(()),
    }
}

/// A value that only the process which made it may drop: elsewhere a driver would wait for threads
/// that are not there.
pub(crate) struct Owned<T> {
    value: Option<T>,
    process: u32,
}

impl<T> Owned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Some(value),
            process: std::process::id(),
        }
    }
}

impl<T> Deref for Owned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("taken by drop alone")
    }
}

impl<T> DerefMut for Owned<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("taken by drop alone")
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(self.value.take());
        }
    }
}
