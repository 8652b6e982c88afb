//! CIFAR ResNet-20 with its published weights on all of CIFAR-10's test images.

use crate::recorded::host;
use burn::tensor::Device;
use gstds_data::ImageShape;
use gstds_models::reference::{Reference, ReferenceName, ResNet};
use gstds_models::weights::Weights;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const SHAPE: ImageShape = ImageShape {
    height: 32,
    width: 32,
    channels: 3,
};
const PLANE: usize = 32 * 32;
const IMAGES: usize = 10_000;
/// Small enough for the caches.
const CHUNK: usize = 20;

/// Images in which the largest logit is the label's. A record is the label, then the red, green
/// and blue plane.
fn right(network: &ResNet, records: &[[u8; 1 + 3 * PLANE]]) -> usize {
    let pixels: Vec<u8> = records
        .iter()
        .flat_map(|record| {
            (0..PLANE).flat_map(move |at| [0, 1, 2].map(|plane| record[1 + plane * PLANE + at]))
        })
        .collect();
    let preprocess = network.info().preprocess;
    let input = preprocess.apply(&pixels, SHAPE, &Device::flex()).unwrap();
    let logits = host(network.logits(input).unwrap().unwrap());
    let answers = logits.chunks(10).map(|row| {
        let best = (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        best.unwrap()
    });
    let labels = records.iter().map(|record| usize::from(record[0]));
    answers
        .zip(labels)
        .filter(|(answer, label)| answer == label)
        .count()
}

/// The accuracy that akamaster/pytorch_resnet_cifar10 publishes for these weights: 91.73 %.
#[test]
fn resnet_20_has_its_published_accuracy_on_the_test_images() {
    let weights = gstds_testing::shared("weights/cifar10_resnets/resnet20-12fca82f.safetensors");
    let images = gstds_testing::data("cifar-10-batches-bin/test_batch.bin");
    let (Some(weights), Some(images)) = (weights, images) else {
        return;
    };
    let bytes = std::fs::read(images).unwrap();
    let (records, []) = bytes.as_chunks() else {
        panic!("{} bytes are no whole records", bytes.len());
    };
    assert_eq!(records.len(), IMAGES);
    let weights = Weights::open(&weights).unwrap();
    let network = ResNet::new(ReferenceName::CifarResnet20, 32, &weights, &Device::flex()).unwrap();
    let (next, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let chunks: Vec<_> = records.chunks(CHUNK).collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    total.fetch_add(right(&network, chunk), Ordering::Relaxed);
                }
            });
        }
    });
    println!("{IMAGES} images in {:.1} s", start.elapsed().as_secs_f64());
    assert_eq!(total.into_inner(), 9_173);
}
