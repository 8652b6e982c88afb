//! The adapters of this machine, and those that are open.

use std::sync::{Arc, Mutex};

use gstds::adapter::{self, AdapterRequest, Gpu, NATIVE};
use gstds::{Options, Selector};
use pyo3::prelude::*;

use crate::{driver, job};

/// Selectors that are kept for each adapter: of so many sets of options the kernels stay compiled.
const SELECTORS: usize = 16;

/// What was opened, by the name that was asked for.
static OPEN: Mutex<Vec<(Option<String>, Opened)>> = Mutex::new(Vec::new());

/// An opened adapter, and the kernels compiled on it.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) gpu: Gpu,
    selectors: Arc<Mutex<Vec<Selector>>>,
}

impl Opened {
    /// The selector of these options, made where there is none yet; its seed is 0, for calls to set
    /// theirs.
    ///
    /// # Errors
    /// Those of [`Selector::new`].
    pub(crate) fn selector(&self, options: &Options) -> gstds::Result<Selector> {
        let options = options.clone().seed(0);
        let mut selectors = job::lock(&self.selectors);
        if let Some(known) = selectors.iter().find(|known| known.options() == &options) {
            return Ok(known.clone());
        }
        let selector = Selector::new(&self.gpu.device, &options)?;
        if selectors.len() == SELECTORS {
            selectors.remove(0);
        }
        selectors.push(selector.clone());
        Ok(selector)
    }
}

/// Number, name, backend, type and driver of an adapter.
type Adapter = (usize, String, String, String, String);

/// The adapters that can be opened, in the order of their numbers.
#[pyfunction]
pub(crate) fn devices(py: Python<'_>) -> PyResult<Vec<Adapter>> {
    let infos = job::run(py, None, |_| Ok(driver::quietly(|| adapter::list(NATIVE))))?;
    let adapter = |(number, info): (usize, gstds::wgpu::AdapterInfo)| {
        let kind = match info.device_type {
            gstds::wgpu::DeviceType::DiscreteGpu => "discrete",
            gstds::wgpu::DeviceType::IntegratedGpu => "integrated",
            gstds::wgpu::DeviceType::VirtualGpu => "virtual",
            gstds::wgpu::DeviceType::Cpu => "software",
            gstds::wgpu::DeviceType::Other => "other",
        };
        let driver = format!("{} {}", info.driver, info.driver_info);
        let backend = info.backend.to_string();
        (
            number,
            info.name,
            backend,
            kind.into(),
            driver.trim().into(),
        )
    };
    Ok(infos.into_iter().enumerate().map(adapter).collect())
}

/// The adapter of this name or number, by default the best one, opened once a process.
fn open(name: Option<&str>) -> gstds::Result<Opened> {
    let mut open = job::lock(&OPEN);
    if let Some((_, opened)) = open.iter().find(|(known, _)| known.as_deref() == name) {
        return Ok(opened.clone());
    }
    let mut request = AdapterRequest::default();
    request.name = name.map(Into::into);
    let opened = Opened {
        gpu: driver::quietly(|| adapter::open(&request))?,
        selectors: Arc::default(),
    };
    open.push((name.map(Into::into), opened.clone()));
    Ok(opened)
}

/// Runs `work` on an adapter. A lost device is not used again: the next call opens a new one.
pub(crate) fn on<T>(
    name: Option<&str>,
    work: impl FnOnce(&Opened) -> gstds_curate::Result<T>,
) -> gstds_curate::Result<T> {
    note_loss(work(&open(name)?))
}

/// Forgets what is open where a device was lost.
pub(crate) fn note_loss<T>(result: gstds_curate::Result<T>) -> gstds_curate::Result<T> {
    if is_lost(&result) {
        job::lock(&OPEN).clear();
    }
    result
}

fn is_lost<T>(result: &gstds_curate::Result<T>) -> bool {
    use gstds_curate::Error::{Part, Selection};
    let Err(Selection(source) | Part { source, .. }) = result else {
        return false;
    };
    matches!(source, gstds::Error::DeviceLost)
}
