//! An operation of another crate's: what it records arrives, and where it fails its output is
//! zeros whatever the pooled memory held.

use crate::data::device;
use burn::backend::{
    Backend, Dispatch, backend_extension,
    fusion::custom::TensorSpec,
    tensor::{FloatTensor, IntTensor},
    wgpu::{CubeBackend, CubeTensor},
};
use burn::tensor::{DType, Int, Shape, Tensor};
use gstds_burn::device_tensor::{FailureSlot, Submission, empty};
use std::sync::Arc;
use wgpu::util::{BufferInitDescriptor, DeviceExt};

const VALUES: usize = 70;

/// Where the second of two submissions, over an output that holds -1, goes wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Nowhere: it is not made.
    None,
    /// It says so.
    Recording,
    /// An input cannot be had: no device has so much memory.
    Input,
}

#[derive(Debug)]
struct Call {
    fault: Fault,
    failure: FailureSlot,
}

#[backend_extension(Cube, Fusion)]
trait FaultyBackend: Backend {
    #[fusion(meta = |_input, _call| TensorSpec::new(Shape::from([VALUES]), DType::I32))]
    fn faulty(input: FloatTensor<Self>, call: Arc<Call>) -> IntTensor<Self>;
}

impl FaultyBackend for CubeBackend {
    fn faulty(input: CubeTensor, call: Arc<Call>) -> CubeTensor {
        let output = empty(&input, Shape::from([VALUES]), DType::I32);
        let gpu = &device().gpu;
        let submission = Submission {
            device: &gpu.device,
            queue: &gpu.queue,
            label: "a test",
        };
        let poison = gpu.device.create_buffer_init(&BufferInitDescriptor {
            label: None,
            contents: &[0xff; 4 * VALUES],
            usage: wgpu::BufferUsages::COPY_SRC,
        });
        let poisoned = submission.run([&input], [&output], |encoder, [_], [to]| {
            let bytes = 4 * VALUES as u64;
            encoder.copy_buffer_to_buffer(&poison, 0, &to.buffer, to.offset, bytes);
            Ok(())
        });
        call.failure.note(poisoned);
        match call.fault {
            Fault::None => {}
            Fault::Recording => {
                let failed = submission.run([&input], [&output], |_, _, _| Err("said so".into()));
                call.failure.note(failed);
            }
            Fault::Input => {
                let vast = empty(&input, Shape::from([1usize << 46]), DType::F32);
                let failed = submission.run([&vast], [&output], |_, _, _| Ok(()));
                call.failure.note(failed);
            }
        }
        output
    }
}

fn run(fault: Fault) -> (Vec<i32>, Option<String>) {
    let failure = FailureSlot::default();
    let call = Arc::new(Call {
        fault,
        failure: failure.clone(),
    });
    let input = Tensor::<1>::ones([4], &device().burn).into_dispatch();
    let output = Tensor::<1, Int>::from_dispatch(Dispatch::faulty(input, call));
    let values = output
        .try_into_vec_as::<i32>()
        .expect("an output can be read");
    (values, failure.take())
}

#[test]
fn what_is_recorded_arrives() {
    assert_eq!(run(Fault::None), (vec![-1; VALUES], None));
}

#[test]
fn outputs_are_zeros_where_recording_fails() {
    let (values, failure) = run(Fault::Recording);
    assert_eq!(values, [0; VALUES]);
    assert_eq!(failure.as_deref(), Some("said so"));
}

#[test]
fn outputs_are_zeros_where_an_input_cannot_be_had() {
    let (values, failure) = run(Fault::Input);
    assert_eq!(values, [0; VALUES]);
    assert!(failure.is_some());
}
