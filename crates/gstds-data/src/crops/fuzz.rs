//! No damaged image or cache file makes its reader panic or allocate more than its length and the
//! limit on decoded images justify.

use super::{decode, store};
use crate::tests::samples::{RECORDED, encoded, picture};
use crate::tests::{config, damaged, damages, noise, within};
use image::ImageFormat;
use proptest::prelude::*;

/// As [`super::DECODE_LIMIT`], for tests.
const LIMIT: usize = 1 << 20;
const SIDE: usize = 16;
/// Messages, and the decoders' tables and state.
const CONSTANT: usize = 1 << 20;

/// The WebP decoder trusts the 24-bit length that a lossy image claims for its data.
const LONGEST_PARTITION: usize = 1 << 24;

/// Decoding, rotating, converting to RGB and cropping hold up to six copies of an image.
fn try_image(file: &[u8]) {
    let believed = if file.starts_with(b"RIFF") {
        LONGEST_PARTITION
    } else {
        0
    };
    within(8 * file.len() + 6 * LIMIT + believed + CONSTANT, || {
        if let Ok(crop) = decode::crop(file, SIDE, LIMIT as u64) {
            assert_eq!(crop.len(), SIDE * SIDE * 3);
        }
    });
}

fn try_header(bytes: &[u8]) {
    within(CONSTANT, || {
        if let Some(bytes) = bytes.first_chunk()
            && let Ok(header) = store::CropsHeader::parse(bytes)
            && let Ok(pixels) = header.pixels(1000)
        {
            assert!(pixels <= 1000 - store::HEADER);
        }
    });
}

fn try_notes(notes: &[u8]) {
    within(64 * notes.len() + CONSTANT, || {
        if let Ok(bad) = store::bad_images(notes, 7, 9) {
            assert_eq!(bad.len(), 2);
            assert!(bad.iter().all(|&(index, _)| index < 9));
        }
    });
}

fn header() -> store::CropsHeader {
    store::CropsHeader {
        images: 2,
        side: 8,
        notes: 5,
        key: "0a".repeat(32),
        fingerprint: "1b".repeat(32),
        checksum: "2c".repeat(32),
    }
}

#[test]
fn a_header_is_read_as_it_was_written() {
    let bytes = header().bytes();
    let bytes = bytes.first_chunk().expect("of its fixed length");
    let read = store::CropsHeader::parse(bytes).unwrap();
    assert_eq!(read, header());
    let length = store::HEADER as u64 + 2 * 8 * 8 * 3 + 5;
    assert_eq!(read.pixels(length), Ok(384));
    for wrong in [length - 1, length + 1, 0] {
        assert!(read.pixels(wrong).is_err(), "{wrong}");
    }
    let huge = store::CropsHeader {
        images: u64::MAX,
        side: u64::MAX,
        ..header()
    };
    assert!(huge.pixels(length).is_err());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bytes_without_sense(file in noise()) {
        try_image(&file);
        try_header(&file);
        try_notes(&file);
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif, ImageFormat::Tiff] {
            // After a valid start.
            let sound = encoded(&picture(9, 7, 1), format);
            try_image(&[&sound[..40], &*file].concat());
        }
    }

    #[test]
    fn damaged_headers_and_notes(damages in damages()) {
        try_header(&damaged(&header().bytes(), &damages));
        try_notes(&damaged(br#"[[3,"empty"],[5,"not a JPEG"]]"#, &damages));
    }

    #[test]
    fn damaged_jpeg(damages in damages()) {
        try_image(&damaged(&encoded(&picture(40, 33, 3), ImageFormat::Jpeg), &damages));
    }

    #[test]
    fn damaged_png(damages in damages()) {
        try_image(&damaged(&encoded(&picture(40, 33, 3), ImageFormat::Png), &damages));
    }

    #[test]
    fn damaged_webp(damages in damages()) {
        try_image(&damaged(&encoded(&picture(40, 33, 3), ImageFormat::WebP), &damages));
    }

    #[test]
    fn damaged_images_of_other_kinds(damages in damages()) {
        for (_, file) in RECORDED {
            try_image(&damaged(file, &damages));
        }
    }

    #[test]
    fn damaged_gif(damages in damages()) {
        try_image(&damaged(&encoded(&picture(40, 33, 3), ImageFormat::Gif), &damages));
    }

    #[test]
    fn damaged_tiff(damages in damages()) {
        try_image(&damaged(&encoded(&picture(40, 33, 3), ImageFormat::Tiff), &damages));
    }

    #[test]
    fn damaged_bmp(damages in damages()) {
        try_image(&damaged(&encoded(&picture(40, 33, 3), ImageFormat::Bmp), &damages));
    }
}
