//! The operation that Burn runs in its own order, eagerly or when fusion drains its queue.

use crate::{
    device_tensor::{FailureSlot, Submission, TensorBuffer, empty},
    features::{view, with_contiguous_rows},
};
use burn::backend::{
    Backend, backend_extension,
    fusion::custom::TensorSpec,
    tensor::{FloatTensor, IntTensor},
    wgpu::{CubeBackend, CubeTensor},
};
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use gstds::{Batch, Features, Keep, Status};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a [`Status`].
const STATUS_BYTES: usize = size_of::<Status>();

/// One selection, checked and ready to record.
#[derive(Debug)]
pub(crate) struct Call {
    pub batch: Arc<Mutex<Batch>>,
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub rows: usize,
    pub kept: usize,
    pub vectors: usize,
    pub seed: u64,
    pub failure: FailureSlot,
}

impl Call {
    fn submission(&self) -> Submission<'_> {
        Submission {
            device: &self.device,
            queue: &self.queue,
            label: "gstds-burn selection",
        }
    }
}

#[backend_extension(Cube, Fusion)]
pub(crate) trait SelectionBackend: Backend {
    /// Kept positions (i32, k), all positions in the rule's order (i32, n), scores (f32,
    /// vectors x n) and the status block (i32, 16) of all rows of the features.
    #[fusion(meta = |_features, call| outputs(call))]
    fn fiedler_select(
        features: FloatTensor<Self>,
        call: Arc<Call>,
    ) -> (
        IntTensor<Self>,
        IntTensor<Self>,
        FloatTensor<Self>,
        IntTensor<Self>,
    );

    /// The same for the listed rows of a bank.
    #[fusion(meta = |_bank, _rows, call| outputs(call))]
    fn fiedler_select_rows(
        bank: FloatTensor<Self>,
        rows: IntTensor<Self>,
        call: Arc<Call>,
    ) -> (
        IntTensor<Self>,
        IntTensor<Self>,
        FloatTensor<Self>,
        IntTensor<Self>,
    );
}

impl SelectionBackend for CubeBackend {
    fn fiedler_select(features: CubeTensor, call: Arc<Call>) -> Outputs {
        run(features, None, &call)
    }

    fn fiedler_select_rows(bank: CubeTensor, rows: CubeTensor, call: Arc<Call>) -> Outputs {
        run(bank, Some(rows), &call)
    }
}

/// Kept positions, order, scores, status.
type Outputs = (CubeTensor, CubeTensor, CubeTensor, CubeTensor);

fn outputs(call: &Call) -> (TensorSpec, TensorSpec, TensorSpec, TensorSpec) {
    let ints = |count: usize| TensorSpec::new(Shape::from([count]), DType::I32);
    let scores = TensorSpec::new(Shape::from([call.vectors, call.rows]), DType::F32);
    (
        ints(call.kept),
        ints(call.rows),
        scores,
        ints(STATUS_BYTES / 4),
    )
}

/// Submits the selection after the work Burn has pending, and returns tensors that later work of
/// Burn's may use: one queue orders all three.
fn run(features: CubeTensor, rows: Option<CubeTensor>, call: &Call) -> Outputs {
    let limit = gstds::largest_binding(&call.device.limits());
    let features = with_contiguous_rows(features, limit);
    let rows = rows.map(into_contiguous);
    let output = |shape: Shape, dtype: DType| empty(&features, shape, dtype);
    let ints = |count: usize| output(Shape::from([count]), DType::I32);
    let (kept, order, status) = (ints(call.kept), ints(call.rows), ints(STATUS_BYTES / 4));
    let scores = output(Shape::from([call.vectors, call.rows]), DType::F32);
    let outputs = [&kept, &order, &scores, &status];
    // Held until the submission: another thread's call on this workspace comes after it whole.
    let mut batch = call.batch.lock().unwrap_or_else(PoisonError::into_inner);
    let submitted = match &rows {
        None => call
            .submission()
            .run([&features], outputs, |encoder, [bank], to| {
                record(&mut batch, encoder, view(&features, bank), to, call)
            }),
        Some(rows) => {
            call.submission()
                .run([&features, rows], outputs, |encoder, [bank, list], to| {
                    let bank = view(&features, bank);
                    let picked =
                        bank.picked_by(&list.buffer, list.offset, features.meta.shape()[0]);
                    record(&mut batch, encoder, picked, to, call)
                })
        }
    };
    call.failure.note(submitted);
    (kept, order, scores, status)
}

/// Burn's pool may put an input and an output into one buffer, which a bind group must not read and
/// write at once; hence kernels write into the workspace, and the results are copied.
fn record(
    batch: &mut Batch,
    encoder: &mut wgpu::CommandEncoder,
    features: Features<'_>,
    [kept, order, scores, status]: &[TensorBuffer; 4],
    call: &Call,
) -> Result<(), String> {
    batch.reseed(call.seed);
    batch
        .encode(encoder, features, Keep::Count(call.kept))
        .map_err(|e| e.to_string())?;
    let mut copy =
        |from: &wgpu::Buffer, start: usize, to: &TensorBuffer, line: usize, bytes: usize| {
            let (start, offset) = (start as u64, to.offset + (line * bytes) as u64);
            encoder.copy_buffer_to_buffer(from, start, &to.buffer, offset, bytes as u64);
        };
    copy(batch.kept(), 0, kept, 0, call.kept * 4);
    copy(batch.order(), 0, order, 0, call.rows * 4);
    copy(batch.status(), 0, status, 0, STATUS_BYTES);
    let lines = batch.vectors().unwrap_or(batch.scores());
    for line in 0..call.vectors {
        let start = line * batch.vector_stride() * 4;
        copy(lines, start, scores, line, call.rows * 4);
    }
    Ok(())
}
