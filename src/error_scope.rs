//! Errors that the device reports while this crate creates things on it, as typed errors instead of
//! a call of the application's error handler.

use crate::{Error, Result};
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// What `make` creates, of about `bytes` bytes where that is known, or why the device could not.
/// Nothing is waited for:
/// native back ends have the errors of a scope as soon as it ends. A browser has them later: there
/// they reach the application's error handler, unless a [`Watch`] is awaited.
pub(crate) fn checked<T>(
    device: &wgpu::Device,
    bytes: Option<u64>,
    make: impl FnOnce() -> T,
) -> Result<T> {
    if cfg!(target_family = "wasm") {
        return Ok(make());
    }
    let watch = Watch::start(device);
    let made = make();
    at_once(watch.end(bytes)).unwrap_or(Ok(())).map(|()| made)
}

/// The error scopes around what is created between [`Watch::start`] and [`Watch::end`], on one
/// thread.
pub(crate) struct Watch {
    // Scopes end in the reverse order of their start, also where they are dropped.
    internal: wgpu::ErrorScopeGuard,
    validity: wgpu::ErrorScopeGuard,
    memory: wgpu::ErrorScopeGuard,
    device: wgpu::Device,
}

impl Watch {
    pub fn start(device: &wgpu::Device) -> Self {
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validity = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
        Self {
            internal,
            validity,
            memory,
            device: device.clone(),
        }
    }

    /// Ends the scopes at once; the future has what the device reported about some `bytes` bytes.
    pub fn end(self, bytes: Option<u64>) -> impl Future<Output = Result<()>> + use<> {
        let internal = self.internal.pop();
        let validity = self.validity.pop();
        let memory = self.memory.pop();
        let device = self.device;
        async move {
            let errors = [internal.await, validity.await, memory.await];
            // On a lost device everything is invalid, so any other error follows from that.
            if is_lost(&device) {
                return Err(Error::DeviceLost);
            }
            let [internal, validity, memory] = errors;
            if memory.is_some() {
                return Err(Error::OutOfMemory { bytes });
            }
            match internal.or(validity) {
                None => Ok(()),
                Some(error) => Err(Error::Device {
                    reason: error.to_string(),
                }),
            }
        }
    }
}

/// What a future has without waiting.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
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
    // A browser answers later, and reports a lost device by other means.
    at_once(scope.pop()).is_some_and(|error| error.is_none())
}
