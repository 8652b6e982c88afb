//! The custom operations that Burn runs in its own order, eagerly or when fusion drains its queue.

use crate::{
    GpuDevice,
    device_tensor::{FailureSlot, Submission, empty},
    features::{view, with_contiguous_rows},
};
use burn::backend::{
    Backend, backend_extension,
    fusion::custom::TensorSpec,
    tensor::{FloatTensor, IntTensor},
    wgpu::{CubeBackend, CubeTensor},
};
use burn::tensor::{DType, Shape};
use gstds::{Coverage, Features, Neighbours};
use std::sync::{Arc, Mutex, PoisonError};

/// One call over a pool, checked and ready to record.
#[derive(Debug)]
pub(super) struct PoolCall<T> {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub what: T,
    pub failure: FailureSlot,
}

/// A choice of rows that cover the pool.
#[derive(Debug)]
pub(super) struct Covering {
    pub coverage: Arc<Mutex<Coverage>>,
    /// Rows that it chooses.
    pub kept: usize,
    pub already: Vec<u32>,
    pub seed: u64,
}

/// A search for the neighbours of every row.
#[derive(Debug)]
pub(super) struct Searching {
    pub search: Arc<Neighbours>,
    pub rows: usize,
    pub neighbours: usize,
}

#[backend_extension(Cube, Fusion)]
pub(super) trait PoolBackend: Backend {
    /// Chosen rows, i32, k, in the order of choice.
    #[fusion(meta = |_features, call| TensorSpec::new(kept_shape(call), DType::I32))]
    fn cover(features: FloatTensor<Self>, call: Arc<PoolCall<Covering>>) -> IntTensor<Self>;

    /// Neighbours (i32) and their similarities (f32), both n x k.
    #[fusion(meta = |_features, call| lists(call))]
    fn neighbours(
        features: FloatTensor<Self>,
        call: Arc<PoolCall<Searching>>,
    ) -> (IntTensor<Self>, FloatTensor<Self>);
}

fn kept_shape(call: &PoolCall<Covering>) -> Shape {
    Shape::from([call.what.kept])
}

fn lists_shape(call: &PoolCall<Searching>) -> Shape {
    Shape::from([call.what.rows, call.what.neighbours])
}

fn lists(call: &PoolCall<Searching>) -> (TensorSpec, TensorSpec) {
    let spec = |dtype| TensorSpec::new(lists_shape(call), dtype);
    (spec(DType::I32), spec(DType::F32))
}

impl PoolBackend for CubeBackend {
    fn cover(features: CubeTensor, call: Arc<PoolCall<Covering>>) -> CubeTensor {
        let features = call.readable(features);
        let kept = empty(&features, kept_shape(&call), DType::I32);
        let what = &call.what;
        let submitted = call.submit(&features, [&kept], |features, submit| {
            let mut coverage = what.coverage.lock().unwrap_or_else(PoisonError::into_inner);
            coverage.reseed(what.seed);
            submit(coverage.record(features, what.kept, &what.already)?);
            Ok([coverage.kept().clone()])
        });
        call.failure.note(submitted);
        kept
    }

    fn neighbours(
        features: CubeTensor,
        call: Arc<PoolCall<Searching>>,
    ) -> (CubeTensor, CubeTensor) {
        let features = call.readable(features);
        let list = |dtype| empty(&features, lists_shape(&call), dtype);
        let (rows, similarities) = (list(DType::I32), list(DType::F32));
        let what = &call.what;
        let submitted = call.submit(&features, [&rows, &similarities], |features, submit| {
            let search = &what.search;
            for commands in search.record_each(features)? {
                submit(vec![commands?]);
            }
            Ok([search.rows().clone(), search.similarities().clone()])
        });
        call.failure.note(submitted);
        (rows, similarities)
    }
}

/// Takes command buffers, in order.
type Submit<'a> = dyn FnMut(Vec<wgpu::CommandBuffer>) + 'a;

impl<T> PoolCall<T> {
    pub fn new(device: &GpuDevice, what: T, failure: &FailureSlot) -> Arc<Self> {
        Arc::new(Self {
            device: device.gpu.device.clone(),
            queue: device.gpu.queue.clone(),
            what,
            failure: failure.clone(),
        })
    }

    fn readable(&self, features: CubeTensor) -> CubeTensor {
        let limit = gstds::largest_binding(&self.device.limits());
        with_contiguous_rows(features, limit)
    }

    /// Submits what `record` records after the work that Burn has pending, and copies the buffers
    /// that it names to the outputs.
    fn submit<const OUTPUTS: usize>(
        &self,
        features: &CubeTensor,
        outputs: [&CubeTensor; OUTPUTS],
        record: impl FnOnce(Features<'_>, &mut Submit<'_>) -> gstds::Result<[wgpu::Buffer; OUTPUTS]>,
    ) -> Result<(), String> {
        let submission = Submission {
            device: &self.device,
            queue: &self.queue,
            label: "gstds-burn pool",
        };
        submission.run([features], outputs, |encoder, [input], to| {
            let features = view(features, input);
            let mut submit = |commands| {
                self.queue.submit(commands);
            };
            let results = record(features, &mut submit).map_err(|e| e.to_string())?;
            for ((result, output), to) in results.iter().zip(outputs).zip(to) {
                let bytes = 4 * output.meta.shape().num_elements() as u64;
                encoder.copy_buffer_to_buffer(result, 0, &to.buffer, to.offset, bytes);
            }
            Ok(())
        })
    }
}
