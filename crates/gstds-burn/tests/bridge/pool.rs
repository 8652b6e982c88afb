//! Coverage and neighbours of a pool: what the kernel crate finds on the same rows, wherever they
//! lie and whatever Burn has pending.

use crate::data::{device, floats, on, read, values};
use burn::tensor::{DType, Device, Tensor, TensorData};
use gstds::{
    Coverage, CoverageOptions, CoverageRule, CoverageSelection, Features, NO_NEIGHBOUR,
    NeighbourLists, NeighbourOptions, Neighbours, Shape,
};
use gstds_burn::{CoverageSelector, Error, NeighbourSearch};

const ROWS: usize = 150;
const WIDTH: usize = 24;
const SHAPE: Shape = Shape {
    rows: ROWS,
    features: WIDTH,
};

/// Features that are still being computed.
fn pending(burn: &Device) -> Tensor<2> {
    let matrix = |rows, width, salt| {
        let data = TensorData::new(values(rows, width, salt), [rows, width]);
        Tensor::<2>::from_data(data, burn)
    };
    (matrix(ROWS, 8, 3).matmul(matrix(8, WIDTH, 5)) - 2.0).tanh()
}

/// The kernel crate's buffer of a tensor's values.
fn buffer(features: &Tensor<2>) -> wgpu::Buffer {
    let (gpu, values) = (&device().gpu, floats(features));
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 4 * values.len() as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let bytes = bytemuck::cast_slice(&values);
    gpu.queue.write_buffer(&buffer, 0, bytes);
    buffer
}

fn covered(
    features: &Tensor<2>,
    count: usize,
    already: &[u32],
    options: &CoverageOptions,
) -> CoverageSelection {
    let (gpu, most) = (&device().gpu, count + already.len());
    let mut coverage = Coverage::prepare(&gpu.device, SHAPE, most, options).unwrap();
    let buffer = buffer(features);
    let commands = coverage.record(Features::new(&buffer), count, already);
    gpu.queue.submit(commands.unwrap());
    coverage.read(&gpu.queue).unwrap()
}

fn found(features: &Tensor<2>, options: &NeighbourOptions) -> NeighbourLists {
    let gpu = &device().gpu;
    let search = Neighbours::prepare(&gpu.device, SHAPE, options).unwrap();
    let buffer = buffer(features);
    gpu.queue
        .submit(search.record(Features::new(&buffer)).unwrap());
    search.read(&gpu.queue, ROWS).unwrap()
}

#[test]
fn rows_that_cover_a_pool_are_those_of_the_kernels_with_and_without_gradients() {
    let plain = device().burn.clone();
    let gradients = plain.clone().autodiff();
    for rule in CoverageRule::ALL.iter().copied() {
        let options = CoverageOptions::new(rule).seed(4);
        let mut selector = CoverageSelector::new(device(), &options);
        for burn in [&plain, &gradients] {
            let features = pending(burn);
            let kept = selector.select(&features, 12, &[]).unwrap();
            assert!(!kept.is_autodiff());
            let chosen = features.clone().select(0, on(&kept, burn));
            let after = features.clone() + 1.0;
            let wanted = covered(&features, 12, &[], &options);
            assert_eq!(read(kept), wanted.kept, "{rule}");
            assert_eq!(chosen.dims(), [12, WIDTH]);
            let moved: Vec<f32> = floats(&features).iter().map(|v| v + 1.0).collect();
            assert_eq!(floats(&after), moved, "{rule}: later work");
            let last = selector.read_last().unwrap().unwrap();
            assert_eq!(
                (&last.kept, last.objective),
                (&wanted.kept, wanted.objective)
            );
        }
        let kept = selector.select(&pending(&plain), 5, &[3, 77]).unwrap();
        let wanted = covered(&pending(&plain), 5, &[3, 77], &options).kept;
        assert_eq!(read(kept), wanted, "{rule}, beside two");
    }
}

#[test]
fn a_seed_is_that_of_the_calls_after_it() {
    let options = |seed| CoverageOptions::new(CoverageRule::Medoids).seed(seed);
    let mut selector = CoverageSelector::new(device(), &options(0));
    let features = pending(&device().burn);
    for seed in [0, 9, 0] {
        selector.reseed(seed);
        let kept = read(selector.select(&features, 40, &[]).unwrap());
        assert_eq!(kept, covered(&features, 40, &[], &options(seed)).kept);
    }
}

#[test]
fn neighbours_are_those_of_the_kernels_for_f16_transposed_and_sliced_rows() {
    let options = NeighbourOptions::default().neighbours(7).centred(true);
    let mut search = NeighbourSearch::new(device(), &options);
    let features = pending(&device().burn);
    let wide = Tensor::cat(vec![features.clone(), features.clone() * 0.5], 1);
    let views = [
        ("as it is", features.clone()),
        ("f16", features.clone().cast(DType::F16)),
        ("transposed", features.clone().transpose().transpose()),
        ("columns", wide.slice_dim(1, 0..WIDTH)),
    ];
    for (name, view) in views {
        let tensors = search.search(&view).unwrap();
        let wanted = found(&view.cast(DType::F32), &options);
        let rows = tensors.rows.flatten::<1>(0, 1);
        assert_eq!(read(rows), wanted.rows, "{name}");
        assert_eq!(floats(&tensors.similarities), wanted.similarities, "{name}");
    }
}

#[test]
fn a_row_without_neighbours_has_minus_one_and_zero() {
    let mut values = values(4, 3, 1);
    values[3..6].fill(0.0);
    let features = Tensor::<2>::from_data(TensorData::new(values, [4, 3]), &device().burn);
    let options = NeighbourOptions::default().neighbours(3);
    let found = NeighbourSearch::new(device(), &options)
        .search(&features)
        .unwrap();
    let rows = found.rows.try_into_vec_as::<i32>().unwrap();
    assert_eq!(rows[3..6], [-1; 3]);
    assert_eq!(rows[2], NO_NEIGHBOUR.cast_signed(), "three rows are valid");
    assert_eq!(floats(&found.similarities)[3..6], [0.0; 3]);
}

#[test]
fn bad_calls_are_refused_before_any_work_and_the_next_one_runs() {
    let features = Tensor::<2>::ones([6, 4], &device().burn);
    let mut selector = CoverageSelector::new(device(), &CoverageOptions::default());
    assert!(selector.read_last().unwrap().is_none());
    let mut refused = |features: &Tensor<2>, count, already: &[u32], part: &str| {
        let error = selector.select(features, count, already).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    };
    refused(&features, 0, &[], "keep at least 1");
    refused(&features, 2, &[6], "6");
    refused(&features, 2, &[1, 1], "twice");
    let elsewhere = Tensor::<2>::ones([6, 4], &Device::flex());
    refused(&elsewhere, 2, &[], "to_device");
    assert_eq!(read(selector.select(&features, 9, &[2]).unwrap()).len(), 5);

    let mut search = NeighbourSearch::new(device(), &NeighbourOptions::default().neighbours(0));
    let error = search.search(&features).unwrap_err();
    assert!(
        matches!(error, Error::Selection(gstds::Error::Neighbours { .. })),
        "{error}"
    );
    let error = search.search(&elsewhere).unwrap_err();
    assert!(matches!(error, Error::OtherDevice { .. }), "{error}");
}
