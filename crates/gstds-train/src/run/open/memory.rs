//! Device memory of a run, reserved before it is filled.
//!
//! wgpu does not report how much memory a device has free. So what a run will need is
//! allocated once under an error scope and freed again: what does not fit is an error then, and not
//! a crash later.

use super::RunInputs;
use crate::{
    error::{Error, Result},
    images::{self, Residence},
    method::guided_bytes,
    run::summary::DeviceMemory,
};
use gstds::{Selector, Shape};
use gstds_models::bank::BankLayout;
use gstds_models::device_memory::reserve;

/// Predicts what a run keeps on the device, makes sure that it fits, and decides where images are:
/// under [`Residence::Auto`] they are streamed where the device has no room for them. Of a bank
/// that the caller passed, `copied` bytes are copied.
///
/// # Errors
/// As [`predict`], and [`gstds_models::Error::DeviceMemory`].
pub(super) fn find(inputs: &RunInputs, copied: Option<u64>) -> Result<(DeviceMemory, Residence)> {
    let found = |residence| {
        let memory = predict(inputs, copied, residence)?;
        reserve(&inputs.device, "this run", memory.total())?;
        Ok((memory, residence))
    };
    let residence = inputs.config.residence;
    match found(residence) {
        Err(Error::Models(gstds_models::Error::DeviceMemory { .. }))
            if residence == Residence::Auto =>
        {
            found(Residence::Stream)
        }
        found => found,
    }
}

/// What a run keeps on the device with its images in `residence`.
///
/// # Errors
/// Images that the device cannot hold, options that the kernels cannot take.
fn predict(inputs: &RunInputs, copied: Option<u64>, residence: Residence) -> Result<DeviceMemory> {
    let (device, config, dataset) = (&inputs.device, &inputs.config, inputs.data.dataset());
    let mut memory = DeviceMemory {
        images: images::kept_bytes(device, dataset, residence)?,
        features: copied.unwrap_or(0),
        ..DeviceMemory::default()
    };
    if config.spec().solves_graphs() && copied.is_none() {
        let (rows, features) = (dataset.train.len(), config.reference.model.features());
        let layout = BankLayout::on(device, rows, features, config.reference.bank);
        memory.features = layout.bytes;
        let rows = config.batch.min(rows);
        let shape = Shape { rows, features };
        let options = config.spec().solved(&config.selection);
        let selector = Selector::new(&device.gpu.device, &options);
        let bytes = selector.and_then(|it| it.workspace_bytes(shape));
        memory.selection = bytes.map_err(|e| Error::Gpu(e.into()))?;
        if let Ok(path) = options.path_for(shape) {
            log::debug!(
                "selection of {rows} rows of {features} features: path {}",
                path.name()
            );
        }
    }
    if config.spec().needs_label_graph() {
        memory.selection += guided_bytes(dataset.train.len(), dataset.classes.len());
    }
    if config.spec().needs_reference_losses() {
        memory.features += 4 * dataset.train.len() as u64;
    }
    Ok(memory)
}
