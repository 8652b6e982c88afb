//! Work that takes time: on a thread of its own, while Python's lock is free and Ctrl-C is heard.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use gstds_data::Progress;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::{error, process};

/// How long a signal may stay unheard.
const PATIENCE: Duration = Duration::from_millis(50);

/// Threads whose work a signal ended before they did.
static LEFT: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// What the work and the thread that waits for it tell each other.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    /// Whether the work shall end.
    stop: Arc<AtomicBool>,
    /// How far it is, where that is new.
    reached: Arc<Mutex<Option<Reached>>>,
}

/// What is counted, how many are done, and of how many.
type Reached = (&'static str, usize, usize);

impl Progress for Watch {
    fn job(&mut self, items: &'static str, done: usize, total: usize) {
        *lock(&self.reached) = Some((items, done, total));
    }

    fn stopped(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Watch {
    /// Hears signals, and tells `report` how far the work is where that is new.
    fn hear(&self, py: Python<'_>, report: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        py.check_signals()?;
        let reached = lock(&self.reached).take();
        if let (Some(report), Some(reached)) = (report, reached) {
            report.call1(reached)?;
        }
        Ok(())
    }
}

/// Runs `work` and waits for it. Some times a second `report` is called with what is counted, how
/// many are done, and of how many.
///
/// # Errors
/// Its own; what a signal handler raised, such as `KeyboardInterrupt`, or `report`, in which case the
/// work ends by itself where it next asks whether it shall; and those of [`process::enter`].
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    report: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&mut Watch) -> gstds_curate::Result<T> + Send + 'static,
) -> PyResult<T> {
    process::enter()?;
    let watch = Watch::default();
    let (sender, receiver) = channel();
    let mut told = watch.clone();
    let body = move || {
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut told)));
        // Nobody listens where a signal ended the wait.
        let _ = sender.send(result);
    };
    let thread = Builder::new().name("gstds".into()).spawn(body)?;
    let receiver = Mutex::new(receiver);
    let result = loop {
        if let Some(result) = py.detach(|| wait(&receiver)) {
            break result;
        }
        if let Err(raised) = watch.hear(py, report) {
            watch.stop.store(true, Ordering::Relaxed);
            lock(&LEFT).push(thread);
            return Err(raised);
        }
    };
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error::from_curate(&error)),
        Err(_) => Err(PyRuntimeError::new_err(
            "gstds failed in a way that it should not; please report it with the features' shape",
        )),
    }
}

/// What the thread sent; none where it has not yet.
fn wait<T>(receiver: &Mutex<Receiver<std::thread::Result<T>>>) -> Option<std::thread::Result<T>> {
    match lock(receiver).recv_timeout(PATIENCE) {
        Ok(result) => Some(result),
        Err(RecvTimeoutError::Timeout) => None,
        // The thread sends whatever happens.
        Err(RecvTimeoutError::Disconnected) => Some(Err(Box::new("gone"))),
    }
}

/// Waits for what signals left running, before the process ends under a driver at work.
///
/// # Errors
/// What a signal handler raised meanwhile, after which nothing is waited for.
#[pyfunction]
#[pyo3(name = "_finish")]
pub(crate) fn finish(py: Python<'_>) -> PyResult<()> {
    if process::enter().is_err() {
        return Ok(());
    }
    for thread in std::mem::take(&mut *lock(&LEFT)) {
        while !thread.is_finished() {
            py.detach(|| std::thread::sleep(PATIENCE));
            py.check_signals()?;
        }
    }
    Ok(())
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
