//! Burn's tensors as the wgpu buffers under them, for custom operations that run shaders of their
//! own.
//!
//! [`Submission`] puts such an operation's commands behind the work that Burn has pending, on the
//! same queue. Burn may run an operation long after the call that requested it returned, so a
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

/// One submission to Burn's queue by a custom operation.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The device under Burn's.
    pub device: &'a wgpu::Device,
    /// Its queue.
    pub queue: &'a wgpu::Queue,
    /// The label of the command encoder.
    pub label: &'static str,
}

impl Submission<'_> {
    /// Submits what `record` records from the buffers of the inputs into those of the outputs,
    /// after what Burn has pending and before all that comes later. `record` copies to every
    /// output of 4-byte values in full.
    ///
    /// # Errors
    /// What `record` says, or Burn where it cannot produce a tensor. Every output then holds zeros,
    /// since pooled memory holds anything and later work may read it as row numbers.
    pub fn run<const INPUTS: usize, const OUTPUTS: usize>(
        &self,
        inputs: [&CubeTensor; INPUTS],
        outputs: [&CubeTensor; OUTPUTS],
        record: impl FnOnce(
            &mut wgpu::CommandEncoder,
            &[TensorBuffer; INPUTS],
            &[TensorBuffer; OUTPUTS],
        ) -> std::result::Result<(), String>,
    ) -> std::result::Result<(), String> {
        let to = buffers(outputs)?;
        let recorded = buffers(inputs).and_then(|from| {
            outputs[0].client.flush().map_err(|e| e.to_string())?;
            let mut encoder = self.encoder();
            record(&mut encoder, &from, &to)?;
            Ok(encoder)
        });
        let failure = recorded.as_ref().err().cloned();
        let encoder = recorded.unwrap_or_else(|_| self.clears(&outputs, &to));
        self.queue.submit([encoder.finish()]);
        failure.map_or(Ok(()), Err)
    }

    fn encoder(&self) -> wgpu::CommandEncoder {
        let label = Some(self.label);
        self.device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label })
    }

    fn clears(&self, outputs: &[&CubeTensor], to: &[TensorBuffer]) -> wgpu::CommandEncoder {
        let mut encoder = self.encoder();
        for (output, to) in outputs.iter().zip(to) {
            let bytes = 4 * output.meta.shape().num_elements() as u64;
            encoder.clear_buffer(&to.buffer, to.offset, Some(bytes));
        }
        encoder
    }
}

fn buffers<const N: usize>(
    tensors: [&CubeTensor; N],
) -> std::result::Result<[TensorBuffer; N], String> {
    let buffers = tensors
        .into_iter()
        .map(TensorBuffer::of)
        .collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(buffers
        .try_into()
        .unwrap_or_else(|_| unreachable!("a buffer for each tensor")))
}

/// A tensor of 4-byte values on the device of another; what it holds is undefined.
#[must_use]
pub fn empty(like: &CubeTensor, shape: Shape, dtype: DType) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    let handle = client.empty(shape.num_elements() * 4);
    CubeTensor::new_contiguous(client, device, shape, handle, dtype)
}
