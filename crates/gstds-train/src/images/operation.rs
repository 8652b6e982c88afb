//! The custom operation that Burn runs in its own order, eagerly or when fusion drains its queue.

use super::{
    gather_images::{Draw, GatherImages},
    pixels::PixelBuffers,
};
use burn::backend::{
    Backend, backend_extension,
    fusion::custom::TensorSpec,
    tensor::{FloatTensor, IntTensor},
    wgpu::{CubeBackend, CubeTensor},
};
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use gstds_burn::device_tensor::{FailureSlot, Submission, empty};
use std::sync::Arc;

/// Pictures of some images, checked and ready to record. Holds the images until Burn has run it.
#[derive(Debug)]
pub(crate) struct GatherCall {
    pub kernel: Arc<GatherImages>,
    pub pixels: Arc<PixelBuffers>,
    pub rows: usize,
    pub draw: Draw,
    pub failure: FailureSlot,
}

#[backend_extension(Cube, Fusion)]
pub(crate) trait ImagesBackend: Backend {
    /// Pictures (f32, `[rows, channels, side, side]`) of the images in `slots`, which are `rows`
    /// of the data set (both i32).
    #[fusion(meta = |_rows, _slots, call| TensorSpec::new(output_shape(call), DType::F32))]
    fn gather_images(
        rows: IntTensor<Self>,
        slots: IntTensor<Self>,
        call: Arc<GatherCall>,
    ) -> FloatTensor<Self>;
}

impl ImagesBackend for CubeBackend {
    fn gather_images(rows: CubeTensor, slots: CubeTensor, call: Arc<GatherCall>) -> CubeTensor {
        let (rows, slots) = (into_contiguous(rows), into_contiguous(slots));
        let output = empty(&rows, output_shape(&call), DType::F32);
        call.failure.note(submit([&rows, &slots], &output, &call));
        output
    }
}

fn output_shape(call: &GatherCall) -> Shape {
    let geometry = &call.kernel.geometry;
    Shape::from([call.rows, geometry.channels, geometry.side, geometry.side])
}

fn submit(lists: [&CubeTensor; 2], output: &CubeTensor, call: &GatherCall) -> Result<(), String> {
    let kernel = &call.kernel;
    let submission = Submission {
        device: &kernel.device,
        queue: &kernel.queue,
        label: "gstds gather images",
    };
    submission.run(lists, [output], |encoder, from, [to]| {
        let bytes = 4 * call.rows as u64;
        // Burn's pool may put the lists and the output into one buffer, which a bind group must not
        // read and write at once. The lists are small, so it is they that are copied.
        let lists = kernel.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("gstds image lists"),
            size: 2 * bytes,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        for (list, place) in from.iter().zip([0, bytes]) {
            encoder.copy_buffer_to_buffer(&list.buffer, list.offset, &lists, place, bytes);
        }
        let output = to.binding(call.rows * kernel.geometry.values());
        kernel.record(
            encoder,
            &call.pixels,
            &lists,
            &output,
            call.rows,
            &call.draw,
        );
        Ok(())
    })
}
