//! The example of an application that embeds the kernels, as it is, on a device of its own with
//! nothing but WebGPU's default limits and no features.

mod support;

use gstds::{Keep, Options, Order, twin};

#[path = "../examples/embed.rs"]
#[allow(dead_code, reason = "the example's own main")]
mod embed;

#[test]
fn the_application_draws_the_kept_rows_into_its_buffer() {
    let request = support::gpu()
        .adapter
        .request_device(&wgpu::DeviceDescriptor::default());
    let (device, queue) = pollster::block_on(request).unwrap();
    let features = embed::features();
    let (width, pixels) = embed::draw(&device, &queue, &features).unwrap();
    assert_eq!((width, pixels.len()), (128, 128 * embed::HEIGHT));

    let options = Options::gstds().order(Order::Rank);
    let columns = embed::SHAPE.features;
    let expected = twin::select(&features, columns, &options, Keep::Count(width)).unwrap();
    for (column, row) in expected.kept.iter().enumerate() {
        let level = 32.0 + f64::from(embed::SCALE) * expected.scores[*row as usize];
        let lit = |line: &&[u32]| line[column] == u32::MAX;
        let bar = pixels.chunks(width).filter(lit).count() as f64;
        let expected = level.ceil().clamp(0.0, embed::HEIGHT as f64);
        assert!((bar - expected).abs() <= 1.0, "{column}: {bar}, {expected}");
    }
    let shown = |line: usize| pixels[line * width..][..width].contains(&u32::MAX);
    assert!(
        shown(40) && !shown(embed::HEIGHT - 1),
        "bars of many heights"
    );
}
