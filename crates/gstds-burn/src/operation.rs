//! The operation that Burn runs in its own order, eagerly or when fusion drains its queue.

use crate::{
    device_tensor::{FailureSlot, TensorBuffer, empty},
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
use gstds::{Batch, Keep, Status};
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
    let limit = call.device.limits().max_storage_buffer_binding_size;
    let features = with_contiguous_rows(features, limit);
    let rows = rows.map(into_contiguous);
    let output = |shape: Shape, dtype: DType| empty(&features, shape, dtype);
    let ints = |count: usize| output(Shape::from([count]), DType::I32);
    let (kept, order, status) = (ints(call.kept), ints(call.rows), ints(STATUS_BYTES / 4));
    let scores = output(Shape::from([call.vectors, call.rows]), DType::F32);
    let outputs = [&kept, &order, &scores, &status];
    let submitted = submit(&features, rows.as_ref(), outputs, call);
    call.failure.note(submitted);
    (kept, order, scores, status)
}

fn submit(
    features: &CubeTensor,
    rows: Option<&CubeTensor>,
    [kept, order, scores, status]: [&CubeTensor; 4],
    call: &Call,
) -> Result<(), String> {
    // Asking for a resource queues, in order, what produces it; the flush then submits that.
    let input = TensorBuffer::of(features)?;
    let list = rows.map(TensorBuffer::of).transpose()?;
    let (kept_to, order_to) = (TensorBuffer::of(kept)?, TensorBuffer::of(order)?);
    let (scores_to, status_to) = (TensorBuffer::of(scores)?, TensorBuffer::of(status)?);
    features.client.flush().map_err(|e| e.to_string())?;

    let descriptor = wgpu::CommandEncoderDescriptor {
        label: Some("gstds-burn selection"),
    };
    let mut encoder = call.device.create_command_encoder(&descriptor);
    // Held until the submission: another thread's call on this workspace comes after it whole.
    let mut batch = call.batch.lock().unwrap_or_else(PoisonError::into_inner);
    batch.reseed(call.seed);
    let view = view(features, &input);
    let view = match &list {
        Some(list) => view.picked_by(&list.buffer, list.offset, features.meta.shape()[0]),
        None => view,
    };
    let recorded = batch.encode(&mut encoder, view, Keep::Count(call.kept));
    // A line of each buffer, by its number, for a line of each tensor.
    let mut bring = |from: (&wgpu::Buffer, usize), to: &TensorBuffer, line: usize, bytes: usize| {
        let (offset, bytes) = (to.offset + (line * bytes) as u64, bytes as u64);
        let (buffer, stride) = from;
        let start = (line * stride * 4) as u64;
        match &recorded {
            // Burn's pool may put an input and an output into one buffer, which a bind group must
            // not read and write at once; hence kernels write into the workspace, and the
            // result is copied.
            Ok(_) => encoder.copy_buffer_to_buffer(buffer, start, &to.buffer, offset, bytes),
            // Pooled memory holds anything; row 0 exists, so nothing downstream reads out of
            // bounds.
            Err(_) => encoder.clear_buffer(&to.buffer, offset, Some(bytes)),
        }
    };
    bring((batch.kept(), 0), &kept_to, 0, call.kept * 4);
    bring((batch.order(), 0), &order_to, 0, call.rows * 4);
    bring((batch.status(), 0), &status_to, 0, STATUS_BYTES);
    let lines = batch.vectors().unwrap_or(batch.scores());
    for line in 0..call.vectors {
        bring(
            (lines, batch.vector_stride()),
            &scores_to,
            line,
            call.rows * 4,
        );
    }
    call.queue.submit([encoder.finish()]);
    recorded.map(drop).map_err(|e| e.to_string())
}
