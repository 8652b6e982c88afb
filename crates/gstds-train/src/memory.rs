//! Device memory, asked for before it is filled.
//!
//! wgpu does not tell how much a device has free. So what a run is about to need is allocated once
//! under an error scope and given back: what does not fit is an error then, and not a crash later.

use crate::bank::Layout;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::images::{self, Residence};
use crate::run::TrainConfig;
use gstds::{Selector, Shape};
use gstds_burn::GpuDevice;
use serde::Serialize;
use std::fmt;

/// Bytes that a run keeps on the device from its first step to its last, predicted from shapes. The
/// learner's weights and activations come on top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// The feature bank, and the reference's losses.
    pub features: u64,
    /// Images and labels; of a streamed split, the labels.
    pub images: u64,
    /// The workspace of a selection.
    pub selection: u64,
}

impl Memory {
    /// What a run will keep with its images in `residence`. Of a bank that the caller has on the
    /// device already, `given` are the bytes that are copied.
    ///
    /// # Errors
    /// Images that the device cannot hold, options that the kernels cannot take.
    fn predict(
        (device, config, dataset): (&GpuDevice, &TrainConfig, &Dataset),
        given: Option<u64>,
        residence: Residence,
    ) -> Result<Self> {
        let mut memory = Self {
            images: images::kept_bytes(device, dataset, residence)?,
            features: given.unwrap_or(0),
            ..Self::default()
        };
        if config.method.solves_graphs() && given.is_none() {
            let (rows, features) = (dataset.train.len(), config.reference.model.features());
            let layout = Layout::on(device, rows, features, config.reference.bank);
            memory.features = layout.bytes;
            let rows = config.batch.min(rows);
            let shape = Shape { rows, features };
            let options = config.method.solved(&config.selection);
            let selector = Selector::new(&device.gpu.device, &options);
            let bytes = selector.and_then(|it| it.workspace_bytes(shape));
            memory.selection = bytes.map_err(|e| Error::Gpu(e.into()))?;
            let path = options.path_for(shape);
            log::debug!("selection of {shape:?}: path {path:?}");
        }
        if config.method.needs_reference_losses() {
            memory.features += 4 * dataset.train.len() as u64;
        }
        Ok(memory)
    }

    /// Predicts what a run will keep and makes sure that the device has it. Images that may lie
    /// anywhere are streamed where the device has no room for them.
    ///
    /// # Errors
    /// As above, and [`Error::DeviceMemory`].
    pub(crate) fn find(
        run: (&GpuDevice, &TrainConfig, &Dataset),
        given: Option<u64>,
    ) -> Result<(Self, Residence)> {
        let (device, config, _) = run;
        let found = |residence| {
            let memory = Self::predict(run, given, residence)?;
            reserve(device, "this run", memory.total())?;
            Ok((memory, residence))
        };
        match found(config.residence) {
            Err(Error::DeviceMemory { .. }) if config.residence == Residence::Auto => {
                found(Residence::Stream)
            }
            found => found,
        }
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.features + self.images + self.selection
    }
}

/// For people, before work begins.
impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "device memory: features {}, images {}, selection {}, and the learner's own",
            megabytes(self.features),
            megabytes(self.images),
            megabytes(self.selection)
        )
    }
}

/// Makes sure that the device can hold `bytes` for `what` beside what it holds now.
///
/// # Errors
/// [`Error::DeviceMemory`].
pub(crate) fn reserve(device: &GpuDevice, what: &'static str, bytes: u64) -> Result<()> {
    // A CPU that plays a GPU promises more than the machine has, and is killed when it is used.
    let promised = device.is_software() && available().is_some_and(|free| bytes > free);
    match !promised && fits(&device.gpu.device, bytes) {
        true => Ok(()),
        false => Err(Error::DeviceMemory {
            what,
            bytes,
            adapter: device.gpu.adapter.get_info().name,
        }),
    }
}

fn fits(gpu: &wgpu::Device, bytes: u64) -> bool {
    // A size that every driver accepts and that copies may address.
    let largest = gpu.limits().max_buffer_size.min(1 << 30) & !3;
    let whole = std::iter::repeat_n(largest, (bytes / largest) as usize);
    let sizes = whole
        .chain([(bytes % largest).next_multiple_of(4)])
        .filter(|&size| size > 0);
    let mut buffers = Vec::new();
    for size in sizes {
        let scope = gpu.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        buffers.push(gpu.create_buffer(&wgpu::BufferDescriptor {
            label: Some("gstds memory trial"),
            size,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        }));
        if pollster::block_on(scope.pop()).is_some() {
            return false;
        }
    }
    true
}

/// Bytes that the machine can still give, where Linux tells.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Bytes that a device binds to one kernel.
pub(crate) fn binding(device: &GpuDevice) -> u64 {
    let limits = device.gpu.device.limits();
    limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size)
}

/// Bytes as people read them, such as `12.5 MB`.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::adapter::AdapterRequest;

    #[test]
    fn what_no_device_has_is_refused_with_its_bytes() {
        let device =
            GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter");
        reserve(&device, "a trifle", 1 << 20).unwrap();
        let error = reserve(&device, "the feature bank", 1 << 50).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("1125899906.8 MB"), "{message}");
        assert!(message.contains("the feature bank"), "{message}");
    }
}
