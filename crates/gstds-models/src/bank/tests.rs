use super::*;
use crate::reference::{EfficientNetLite0, Reference};
use crate::toy_reference::ToyReference;
use burn::tensor::Device;
use gstds_data::{self, ImageShape};
use proptest::prelude::*;
use std::ops::Range;

fn images(count: u8) -> Split {
    let shape = ImageShape {
        height: 2,
        width: 2,
        channels: 1,
    };
    let pixels = (0..count).flat_map(|i| [i; 4]).collect();
    Split::new("train", shape, pixels, vec![0; count.into()], 1).unwrap()
}

#[test]
fn rows_keep_the_order_of_the_images_whoever_computes_them() {
    let reference = ToyReference::new(5.0);
    let mut seen = vec![];
    let bank = FeatureBank::compute(
        &reference,
        &images(23),
        BankElement::F16,
        &Device::flex(),
        |done, total| {
            assert_eq!(total, 23);
            seen.push(done);
        },
    )
    .unwrap();
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    assert_eq!((seen[0], seen.last()), (0, Some(&23)));
    assert_eq!((bank.rows(), bank.width()), (23, 2));
    for row in 0..23 {
        assert_eq!(bank.row(row), [row as f32, 5.0], "row {row}");
    }
    assert!(
        reference
            .batches
            .lock()
            .unwrap()
            .iter()
            .all(|&count| count <= 4)
    );
}

#[test]
fn a_feature_that_is_no_number_is_named() {
    for value in [f32::NAN, f32::INFINITY, 1e6] {
        let error = FeatureBank::compute(
            &ToyReference::new(value),
            &images(1),
            BankElement::F16,
            &Device::flex(),
            |_, _| {},
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("feature 1 of image 0"), "{error}");
    }
}

fn pixels_of(images: &Split, rows: Range<usize>) -> Vec<u8> {
    let mut pixels = Vec::new();
    images.read(&Vec::from_iter(rows), &mut pixels).unwrap();
    pixels
}

#[test]
fn the_key_follows_pixels_and_preprocessing_and_not_labels() {
    let key = bank_key(&ToyReference::new(0.0).info, &images(3), BankElement::F16);
    let mut other = ToyReference::new(0.0);
    other.info.preprocess.side = 3;
    assert_ne!(key, bank_key(&other.info, &images(3), BankElement::F16));
    assert_ne!(
        key,
        bank_key(&ToyReference::new(0.0).info, &images(4), BankElement::F16)
    );
    let relabelled = Split::new(
        "train",
        images(3).shape(),
        pixels_of(&images(3), 0..3),
        vec![1; 3],
        2,
    )
    .unwrap();
    assert_eq!(
        key,
        bank_key(&ToyReference::new(0.0).info, &relabelled, BankElement::F16)
    );
    assert_ne!(
        key,
        bank_key(&ToyReference::new(0.0).info, &images(3), BankElement::F32)
    );
}

fn bank() -> FeatureBank {
    let (reference, device) = (ToyReference::new(1.5), Device::flex());
    FeatureBank::compute(&reference, &images(9), BankElement::F16, &device, |_, _| {}).unwrap()
}

#[test]
fn gathered_rows_are_those_of_the_bank_under_another_key() {
    let bank = bank();
    let gathered = bank.gathered(&[2, 0, 2]);
    let rows: Vec<_> = (0..gathered.rows()).map(|row| gathered.row(row)).collect();
    assert_eq!(rows, [2, 0, 2].map(|row| bank.row(row)));
    assert_ne!(gathered.key(), bank.key());
    assert_ne!(gathered.key(), bank.gathered(&[0, 2, 2]).key());
}

#[test]
fn files_read_back_the_same_and_damage_anywhere_is_found() {
    let bank = bank();
    let bytes = bank.to_bytes().unwrap();
    assert_eq!(bytes, bank.to_bytes().unwrap());
    assert_eq!(
        FeatureBank::from_bytes("test", bytes.clone()).unwrap(),
        bank
    );
    for at in 0..bytes.len() {
        assert!(
            FeatureBank::from_bytes("test", bytes[..at].to_vec()).is_err(),
            "cut at {at}"
        );
    }
    for at in bytes.len() - 36..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let error = FeatureBank::from_bytes("test", damaged)
            .unwrap_err()
            .to_string();
        assert!(error.contains("checksum"), "{error}");
    }
}

fn reference_of_the_embedded_bank() -> EfficientNetLite0 {
    EfficientNetLite0::embedded(EMBEDDED_INPUT_SIDE, &Device::flex()).unwrap()
}

#[test]
fn the_shipped_bank_belongs_to_the_shipped_images_weights_and_side() {
    let bank = FeatureBank::embedded().unwrap();
    let images = gstds_data::embedded().unwrap().train;
    assert_eq!((bank.rows(), bank.width()), (5000, 1280));
    assert_eq!(
        bank.key(),
        bank_key(
            reference_of_the_embedded_bank().info(),
            &images,
            BankElement::F16
        )
    );
}

/// f16 keeps 11 bits, so a feature that was rounded is within 2⁻¹¹ of itself; twice that, and
/// 2e-4 for features near zero, leave room for another processor's order of sums.
#[test]
fn the_shipped_bank_is_what_the_network_computes() {
    let bank = FeatureBank::embedded().unwrap();
    let images = gstds_data::embedded().unwrap().train;
    let reference = reference_of_the_embedded_bank();
    let mut worst = 0.0f32;
    for row in [0, 701, 1402, 2103, 2804, 3505, 4206, 4999] {
        let one = &pixels_of(&images, row..row + 1);
        let preprocess = reference.info().preprocess;
        let input = preprocess
            .apply(one, images.shape(), &Device::flex())
            .unwrap();
        let found: Vec<f32> = reference
            .features(input)
            .unwrap()
            .try_into_vec_as::<f32>()
            .unwrap();
        for (feature, (found, kept)) in found.iter().zip(bank.row(row)).enumerate() {
            let difference = (found - kept).abs();
            worst = worst.max(difference);
            assert!(
                difference <= 2e-4 + found.abs() / 1024.0,
                "row {row}, feature {feature}: {found} computed, {kept} shipped"
            );
        }
    }
    println!("largest difference {worst:.6}");
}

/// A file, and it with one byte changed, doubled or cut off; or no file at all.
fn nearly_a_file() -> impl Strategy<Value = Vec<u8>> {
    let good = bank().to_bytes().unwrap();
    let end = good.len();
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        (0..end, any::<u8>(), 0..3).prop_map(move |(at, byte, how)| {
            let mut bytes = good.clone();
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at),
            }
            bytes
        }),
    ]
}

proptest! {
    #![proptest_config(gstds_testing::config(200))]

    #[test]
    fn any_file_is_a_bank_or_an_error_and_takes_no_more_than_it_holds(bytes in nearly_a_file()) {
        let size = bytes.len() as u64;
        let mut read = None;
        let taken = allocation_counter::measure(|| read = Some(FeatureBank::from_bytes("test", bytes)));
        prop_assert!(taken.bytes_max <= 16 * size + 16384, "{taken:?} for {size} bytes");
        if let Some(Ok(bank)) = read {
            prop_assert_eq!(bank.bytes().len(), bank.rows() * bank.width() * bank.element().bytes());
        }
    }
}
