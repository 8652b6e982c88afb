//! Device memory, asked for before it is filled.
//!
//! wgpu does not tell how much a device has free. So what a run is about to need is allocated once
//! under an error scope and given back: what does not fit is an error then, and not a crash later.

use crate::error::{Error, Result};
use crate::images::{self, Residence};
use crate::run::TrainConfig;
use gstds::{Selector, Shape};
use gstds_burn::GpuDevice;
use gstds_data::Dataset;
use gstds_models::bank::BankLayout;
use gstds_models::device_memory::{megabytes, reserve};
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
            let layout = BankLayout::on(device, rows, features, config.reference.bank);
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
            Err(Error::Models(gstds_models::Error::DeviceMemory { .. }))
                if config.residence == Residence::Auto =>
            {
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
