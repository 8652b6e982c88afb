//! Errors that the device reports while this crate creates things on it, as typed errors instead of
//! a call of the application's error handler.

use crate::{Error, Result};

/// What `make` creates of about `bytes` bytes, or why the device could not. Nothing is waited for:
/// error scopes have their errors as soon as they end.
pub(crate) fn checked<T>(device: &wgpu::Device, bytes: u64, make: impl FnOnce() -> T) -> Result<T> {
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let validity = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let made = make();
    let errors = [internal, validity, memory].map(|scope| pollster::block_on(scope.pop()));
    // On a lost device everything is invalid, so any other error follows from that.
    if is_lost(device) {
        return Err(Error::DeviceLost);
    }
    let [internal, validity, memory] = errors;
    if memory.is_some() {
        return Err(Error::OutOfMemory { bytes });
    }
    match internal.or(validity) {
        None => Ok(made),
        Some(error) => Err(Error::Device {
            reason: error.to_string(),
        }),
    }
}

/// wgpu reports a lost device through one callback, which is the application's; but such a device
/// reports no errors to scopes. A buffer for no use is an error on every other, found before
/// anything is allocated: where memory has run out, drivers need not survive another allocation.
fn is_lost(device: &wgpu::Device) -> bool {
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let probe = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("gstds probe"),
        size: 4,
        usage: wgpu::BufferUsages::empty(),
        mapped_at_creation: false,
    });
    drop(probe);
    pollster::block_on(scope.pop()).is_none()
}
