use super::{device, noise};
use crate::images::{
    Augment, GatherImages, Geometry, ImageLoader, Limits, Normalisation, Residence, even_batches,
};
use burn::tensor::{Int, Tensor};
use gstds_data::{ImageShape, Split};
use std::{sync::Arc, time::Instant};

const ROUNDS: usize = 50;

/// Run it by name, with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement: milliseconds of 64 pictures of 256 images of 32x32x3"]
fn gathering_is_timed() {
    let shape = ImageShape {
        height: 32,
        width: 32,
        channels: 3,
    };
    let split = Split::new("train", shape, noise(256 * 3072), vec![0; 256], 1).unwrap();
    for (side, text) in [
        (32, "none"),
        (32, "flip,crop:4"),
        (32, "flip,crop:4,rotate:10,brightness:0.2"),
        (16, "none"),
        (16, "flip,crop:2,rotate:10,brightness:0.2"),
    ] {
        for residence in [Residence::Device, Residence::Stream] {
            let millis = milliseconds(&split, side, text.parse().unwrap(), residence);
            println!("32 to {side}, {text}, {residence}: {millis:.2} ms");
        }
    }
}

/// Mean milliseconds of a batch of 64 pictures, waiting for each.
fn milliseconds(split: &Split, side: usize, augment: Augment, residence: Residence) -> f64 {
    let geometry = Geometry {
        channels: 3,
        stored: 32,
        side,
    };
    let normalisation = Normalisation::of(split).unwrap();
    let (gpu, burn) = (&device().gpu, &device().burn);
    let limits = Limits::of(device());
    let kernel = GatherImages::new(gpu, geometry, &normalisation, limits);
    let kernel = Arc::new(kernel);
    let order: Vec<i32> = (0..(ROUNDS as i32 + 1) * 256).map(|i| i % 256).collect();
    let rows = Tensor::<1, Int>::arange_step(0..256, 4, burn);
    let source = Arc::new(split.clone());
    let mut images = ImageLoader::new(&kernel, burn, source, augment, residence).unwrap();
    images
        .begin_epoch(&order, even_batches(order.len(), 256), 1)
        .unwrap();
    let mut batch = || {
        let (pictures, _) = images.batch().unwrap().rows(&rows, Some(&rows)).unwrap();
        burn.sync().unwrap();
        pictures
    };
    let first = batch();
    let begun = Instant::now();
    let last = (0..ROUNDS).map(|_| batch()).last().unwrap();
    let spent = begun.elapsed();
    assert_eq!(
        last.into_data(),
        first.into_data(),
        "the same images, the same epoch"
    );
    spent.as_secs_f64() * 1e3 / ROUNDS as f64
}
