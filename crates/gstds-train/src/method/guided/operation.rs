//! The custom operations that Burn runs in its own order, eagerly or when fusion drains its queue.

use super::kernels::{GuidedKernels, Observation, Scoring, scratch};
use burn::backend::{
    Backend, backend_extension,
    fusion::custom::TensorSpec,
    tensor::{FloatTensor, IntTensor},
    wgpu::{CubeBackend, CubeTensor},
};
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use gstds_burn::device_tensor::{FailureSlot, empty};
use std::sync::Arc;
use wgpu::BufferUsages;

/// One call of a kernel, ready to record.
#[derive(Debug)]
pub(super) struct GuidedCall<T> {
    pub kernels: Arc<GuidedKernels>,
    pub what: T,
    pub failure: FailureSlot,
}

#[backend_extension(Cube, Fusion)]
pub(super) trait GuidedBackend: Backend {
    /// Of the listed rows (i32) by the state (f32): scores, class, reference and age terms, then the
    /// gate, f32, 4·rows + 1.
    #[fusion(meta = |_rows, _state, call| TensorSpec::new(scored_shape(call), DType::F32))]
    fn guided_scores(
        rows: IntTensor<Self>,
        state: FloatTensor<Self>,
        call: Arc<GuidedCall<Scoring>>,
    ) -> FloatTensor<Self>;

    /// The state after a step that kept the listed rows (i32), whose logits are f32, row after row.
    #[fusion(meta = |_rows, _logits, _state, call| TensorSpec::new(state_shape(call), DType::F32))]
    fn guided_observe(
        rows: IntTensor<Self>,
        logits: FloatTensor<Self>,
        state: FloatTensor<Self>,
        call: Arc<GuidedCall<Observation>>,
    ) -> FloatTensor<Self>;
}

fn scored_shape(call: &GuidedCall<Scoring>) -> Shape {
    Shape::from([4 * call.what.rows + 1])
}

fn state_shape(call: &GuidedCall<Observation>) -> Shape {
    Shape::from([call.kernels.state_values()])
}

impl GuidedBackend for CubeBackend {
    fn guided_scores(
        rows: CubeTensor,
        state: CubeTensor,
        call: Arc<GuidedCall<Scoring>>,
    ) -> CubeTensor {
        let (rows, state) = (into_contiguous(rows), into_contiguous(state));
        let output = empty(&rows, scored_shape(&call), DType::F32);
        call.failure
            .note(submit_scores([&rows, &state], &output, &call));
        output
    }

    fn guided_observe(
        rows: CubeTensor,
        logits: CubeTensor,
        state: CubeTensor,
        call: Arc<GuidedCall<Observation>>,
    ) -> CubeTensor {
        let inputs = [rows, logits, state].map(into_contiguous);
        let output = empty(&inputs[0], state_shape(&call), DType::F32);
        call.failure
            .note(submit_observation(inputs.each_ref(), &output, &call));
        output
    }
}

fn submit_scores(
    inputs: [&CubeTensor; 2],
    output: &CubeTensor,
    call: &GuidedCall<Scoring>,
) -> Result<(), String> {
    let (kernels, values) = (&call.kernels, scored_shape(call).num_elements());
    kernels
        .submission()
        .run(inputs, [output], |encoder, [rows, state], [to]| {
            let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
            let scored = scratch(&kernels.device, "gstds guided scores", values, usage);
            let inputs = [
                rows.binding(call.what.rows),
                state.binding(kernels.state_values()),
            ];
            kernels.record_scores(encoder, call.what, inputs, &scored);
            encoder.copy_buffer_to_buffer(&scored, 0, &to.buffer, to.offset, 4 * values as u64);
            Ok(())
        })
}

fn submit_observation(
    inputs: [&CubeTensor; 3],
    output: &CubeTensor,
    call: &GuidedCall<Observation>,
) -> Result<(), String> {
    let (kernels, kept) = (&call.kernels, call.what.kept);
    let (values, bytes) = (kernels.state_values(), 4 * kernels.state_values() as u64);
    kernels
        .submission()
        .run(inputs, [output], |encoder, [rows, logits, state], [to]| {
            let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
            let next = scratch(&kernels.device, "gstds guided state", values, usage);
            encoder.copy_buffer_to_buffer(&state.buffer, state.offset, &next, 0, bytes);
            let inputs = [rows.binding(kept), logits.binding(kept * kernels.classes)];
            kernels.record_observation(encoder, call.what, inputs, &next);
            encoder.copy_buffer_to_buffer(&next, 0, &to.buffer, to.offset, bytes);
            Ok(())
        })
}
