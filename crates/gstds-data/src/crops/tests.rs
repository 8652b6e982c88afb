//! What a crop shows of its image.

mod odd_images;

use super::DECODE_LIMIT as LIMIT;
use super::decode::crop;
use crate::tests::samples::{RECORDED, encoded, picture};
use crate::tests::within;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};

const LOSSLESS: [ImageFormat; 4] = [
    ImageFormat::Png,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

fn made(file: &[u8], side: usize) -> Vec<u8> {
    crop(file, side, LIMIT).unwrap()
}

#[test]
fn an_image_of_the_right_size_is_unchanged() {
    let picture = picture(12, 12, 3);
    for format in LOSSLESS {
        let crop = made(&encoded(&picture, format), 12);
        assert_eq!(crop, picture.to_rgb8().into_raw(), "{format:?}");
    }
}

#[test]
fn the_centre_is_cut_out_of_either_shape() {
    for (width, height) in [(30, 10), (10, 30), (31, 10)] {
        let (left, top) = ((width - 10) / 2, (height - 10) / 2);
        let picture = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 9]));
        let file = encoded(&picture.into(), ImageFormat::Png);
        let crop = made(&file, 10);
        assert_eq!(crop[..3], [left as u8, top as u8, 9]);
        assert_eq!(crop[297..], [left as u8 + 9, top as u8 + 9, 9]);
    }
}

/// A checkerboard of single pixels has one mean; a filter that skipped pixels would show others.
#[test]
fn nothing_aliases() {
    let board = |x: u32, y: u32| Luma([if (x + y).is_multiple_of(2) { 0 } else { 255 }]);
    let file = encoded(&GrayImage::from_fn(96, 96, board).into(), ImageFormat::Png);
    for side in [8, 12, 32] {
        let crop = made(&file, side);
        assert!(
            crop.iter().all(|&p| p.abs_diff(128) <= 3),
            "{side}: {crop:?}"
        );
    }
}

#[test]
fn every_colour_becomes_rgb() {
    let grey = DynamicImage::from(GrayImage::from_pixel(9, 9, Luma([77])));
    let pictures = [
        DynamicImage::from(grey.to_luma_alpha8()),
        grey.to_luma16().into(),
        grey.to_rgba8().into(),
        grey.to_rgb16().into(),
        grey.to_rgba16().into(),
        grey,
    ];
    for picture in pictures {
        let crop = made(&encoded(&picture, ImageFormat::Png), 8);
        assert_eq!(crop, [77; 192], "{:?}", picture.color());
    }
    let jpeg = encoded(
        &GrayImage::from_pixel(9, 9, Luma([77])).into(),
        ImageFormat::Jpeg,
    );
    assert!(made(&jpeg, 8).iter().all(|p| p.abs_diff(77) <= 1));
}

/// The recorded pictures have a formula.
#[test]
fn every_kind_of_file_shows_the_same_picture() {
    for (kind, file) in RECORDED {
        let crop = made(file, 24);
        let mut worst = 0;
        for (at, pixel) in crop.as_chunks::<3>().0.iter().enumerate() {
            let (x, y) = ((at % 24) as u8, (at / 24) as u8);
            let expected = [x * 10, y * 10, 255 - x * 5 - y * 5];
            for (value, expected) in pixel.iter().zip(expected) {
                worst = worst.max(value.abs_diff(expected));
            }
        }
        assert!(worst <= 24, "{kind}: {worst}");
    }
}

/// EXIF orientation 6: what is stored is to be turned clockwise by a quarter.
#[test]
fn photographs_are_turned_as_exif_says() {
    let picture = RgbImage::from_fn(32, 32, |x, y| {
        Rgb(match (x < 16, y < 16) {
            (true, true) => [250, 5, 5],
            (false, true) => [5, 250, 5],
            (true, false) => [5, 5, 250],
            (false, false) => [250, 250, 250],
        })
    });
    let plain = encoded(&picture.into(), ImageFormat::Jpeg);
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut turned = plain[..2].to_vec();
    turned.extend([0xff, 0xe1]);
    turned.extend((exif.len() as u16 + 2).to_be_bytes());
    turned.extend(exif);
    turned.extend(&plain[2..]);
    let corner = |file: &[u8], at: usize| {
        let crop = made(file, 32);
        [0, 1, 2].map(|channel| crop[at * 3 + channel] > 128)
    };
    let (left, right) = (33, 62);
    assert_eq!(corner(&plain, left), [true, false, false]);
    assert_eq!(corner(&turned, left), [false, false, true]);
    assert_eq!(corner(&turned, right), [true, false, false]);
}

#[test]
fn a_small_file_that_claims_a_huge_image_is_refused_before_it_costs_anything() {
    let mut bmp = encoded(&picture(9, 9, 1), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&60_000u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&60_000u32.to_le_bytes());
    let mut jpeg = encoded(&picture(9, 9, 1), ImageFormat::Jpeg);
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    // The logical screen of a GIF, and the entries 256 and 257 of a TIFF's directory.
    let mut gif = encoded(&picture(9, 9, 1), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
    let mut tiff = encoded(&picture(9, 9, 1), ImageFormat::Tiff);
    for tag in [256_u16, 257] {
        let tag = tag.to_le_bytes();
        let at = tiff
            .windows(3)
            .position(|entry| entry[..2] == tag && entry[2] == 4);
        let at = at.unwrap();
        tiff[at + 8..at + 12].copy_from_slice(&60_000u32.to_le_bytes());
    }
    // Its strips contradict the claim, which the decoder finds first.
    within(256 << 10, || crop(&tiff, 64, LIMIT)).unwrap_err();
    for file in [bmp, jpeg, gif] {
        let message = within(256 << 10, || crop(&file, 64, LIMIT)).unwrap_err();
        for part in ["60000x60000", "00000000 bytes decoded", "268435456"] {
            assert!(message.contains(part), "{message}");
        }
    }
}

/// An extended WebP states its size twice, and the decoder uses the second one.
#[test]
fn a_lossy_frame_beyond_its_image_is_refused_before_it_costs_anything() {
    let mut webp = RECORDED[4].1.to_vec();
    let start = webp.windows(3).position(|code| code == [0x9d, 1, 0x2a]);
    let start = start.unwrap();
    webp[start + 3..start + 7].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    let message = within(256 << 10, || crop(&webp, 64, LIMIT)).unwrap_err();
    assert!(message.contains("16383x16383"), "{message}");
}

/// A strip costs no more than its crop.
#[test]
fn a_strip_is_cut_before_it_is_resized() {
    let strip = encoded(&RgbImage::new(1, 60_000).into(), ImageFormat::Png);
    let made = within(4 << 20, || crop(&strip, 64, LIMIT)).unwrap();
    assert_eq!(made, vec![0; 64 * 64 * 3]);
}

/// An image cut off anywhere is refused instead of being half grey.
#[test]
fn truncated_images_are_refused() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Tiff,
    ] {
        let file = encoded(&picture(40, 33, 3), format);
        for share in 0..16 {
            let cut = &file[..file.len() * share / 16];
            let message = crop(cut, 8, LIMIT).unwrap_err();
            assert!(!message.contains('\n'), "{format:?}, {share}/16: {message}");
        }
        assert!(crop(&file, 8, LIMIT).is_ok(), "{format:?}");
    }
    let message = crop(b"text", 8, LIMIT).unwrap_err();
    assert!(
        message.contains("not a JPEG, PNG, WebP, BMP, GIF or TIFF"),
        "{message}"
    );
}

#[test]
fn the_first_image_of_several_is_taken() {
    use image::codecs::gif::GifEncoder;
    let frame = |value: u8| {
        image::Frame::new(image::RgbaImage::from_pixel(
            16,
            16,
            image::Rgba([value, value, value, 255]),
        ))
    };
    let mut gif = Vec::new();
    GifEncoder::new(&mut gif)
        .encode_frames([frame(200), frame(10)])
        .unwrap();
    let shown = made(&gif, 8);
    assert!(
        shown.iter().all(|&value| value.abs_diff(200) <= 2),
        "{shown:?}"
    );
}

/// A small image is within a small limit, and a large one within a large limit alone.
#[test]
fn the_limit_can_be_raised() {
    let file = encoded(&picture(64, 64, 1), ImageFormat::Jpeg);
    let message = crop(&file, 8, 64 * 64 * 3 - 1).unwrap_err();
    assert!(
        message.contains("the limit (decode_limit) is 12287"),
        "{message}"
    );
    assert_eq!(crop(&file, 8, 1 << 20).unwrap().len(), 8 * 8 * 3);
}
