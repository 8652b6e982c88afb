//! A device without subgroups selects the same rows as one that has them.

mod support;

use gstds::{Keep, Laplacian, Options, Rule, Shape, Solver, select_blocking};
use support::{Noise, gpu};

#[test]
fn reductions_without_subgroups_keep_the_same_rows() {
    let gpu = gpu();
    if !gpu.device.features().contains(wgpu::Features::SUBGROUP) {
        eprintln!("skipped: the adapter has no subgroups to do without");
        return;
    }
    let plain = gpu
        .adapter
        .request_device(&wgpu::DeviceDescriptor::default());
    let (device, queue) = pollster::block_on(plain).unwrap();
    assert!(!device.features().contains(wgpu::Features::SUBGROUP));
    for (rows, columns) in [(40, 12), (257, 24), (600, 33)] {
        let data = Noise(rows as u64).features(rows, columns);
        let shape = Shape {
            rows,
            features: columns,
        };
        for solver in Solver::ALL {
            for laplacian in Laplacian::ALL {
                let options = Options::default()
                    .solver(*solver)
                    .laplacian(*laplacian)
                    .rule(Rule::Signed);
                let keep = Keep::Count(rows / 4);
                let select = |device, queue| {
                    select_blocking(device, queue, &options, &data, shape, keep).unwrap()
                };
                let with = select(&gpu.device, &gpu.queue);
                let without = select(&device, &queue);
                let label = format!("{rows} rows, {solver}, {laplacian}");
                assert_eq!(with.kept, without.kept, "{label}");
                let scale = with.status.degree_max.max(1.0);
                let apart = (with.status.lambda2 - without.status.lambda2).abs();
                assert!(apart <= 1e-5 * scale, "{label}: lambda2 {apart:e} apart");
            }
        }
    }
}
