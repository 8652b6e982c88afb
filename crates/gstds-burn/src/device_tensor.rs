//! Burn's tensors as the wgpu buffers under them, for custom operations that run shaders of their
//! own.
//!
//! Such an operation asks for the [`TensorBuffer`] of each input and output, which queues what
//! produces them; flushes the tensors' client, which submits that; and submits its own commands on
//! the same queue. Burn may run an operation long after the call that requested it returned, so a
//! failure goes into a [`FailureSlot`] for the next call to report.
//!
//! Burn's pool may put several tensors into one buffer, and a bind group must not read and write one
//! buffer at once: write into a buffer of your own, and copy the result.

use crate::{Error, Result};
use burn::backend::wgpu::{AutoCompiler, CubeTensor};
use burn::tensor::{DType, Shape};
use cubecl::wgpu::WgpuServer;
use std::sync::{Arc, Mutex, PoisonError};

/// The first failure of an operation that Burn ran, until it is reported. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct FailureSlot(Arc<Mutex<Option<String>>>);

impl FailureSlot {
    /// Keeps the failure, unless an earlier one waits to be reported.
    pub fn note(&self, result: std::result::Result<(), String>) {
        if let Err(reason) = result {
            let mut failure = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert(reason);
        }
    }

    /// That there is none.
    pub(crate) fn check(&self) -> Result<()> {
        match self.take() {
            Some(reason) => Err(Error::Recording { reason }),
            None => Ok(()),
        }
    }

    /// Takes the failure, so that it is reported once.
    #[must_use]
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Where a tensor lies.
#[derive(Clone, Debug)]
pub struct TensorBuffer {
    /// The buffer, which other tensors may share.
    pub buffer: wgpu::Buffer,
    /// Bytes before the tensor.
    pub offset: u64,
}

impl TensorBuffer {
    /// The buffer of a tensor. Queues, in order, what produces it; a flush of its client then
    /// submits that.
    ///
    /// # Errors
    /// What Burn says where it cannot produce the tensor.
    pub fn of(tensor: &CubeTensor) -> std::result::Result<Self, String> {
        let handle = tensor.handle.clone();
        let managed = tensor
            .client
            .get_resource::<WgpuServer<AutoCompiler>>(handle)
            .map_err(|e| e.to_string())?;
        let resource = managed.resource();
        Ok(Self {
            buffer: resource.buffer.clone(),
            offset: resource.offset,
        })
    }

    /// The bytes of `values` 4-byte values.
    #[must_use]
    pub fn binding(&self, values: usize) -> wgpu::BufferBinding<'_> {
        wgpu::BufferBinding {
            buffer: &self.buffer,
            offset: self.offset,
            size: wgpu::BufferSize::new(4 * values as u64),
        }
    }
}

/// A tensor of 4-byte values on the device of another; what it holds is undefined.
#[must_use]
pub fn empty(like: &CubeTensor, shape: Shape, dtype: DType) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    let handle = client.empty(shape.num_elements() * 4);
    CubeTensor::new_contiguous(client, device, shape, handle, dtype)
}
