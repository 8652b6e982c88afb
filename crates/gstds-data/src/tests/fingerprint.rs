//! What a data set's fingerprint covers.

use crate::{Dataset, ImageShape, Split};

fn split(shape: [usize; 2], pixels: Vec<u8>, labels: Vec<u16>) -> Split {
    let shape = ImageShape {
        height: shape[0],
        width: shape[1],
        channels: 1,
    };
    Split::new("train", shape, pixels, labels, 3).unwrap()
}

#[test]
fn fingerprints_see_every_pixel_and_label_and_the_shape() {
    let base = Dataset {
        name: "a".into(),
        classes: vec!["x".into(), "y".into(), "z".into()],
        train: split([2, 3], (0..12).collect(), vec![0, 2]),
        test: split([2, 3], vec![7; 6], vec![1]),
    };
    let mut pixel = base.clone();
    pixel.test = split([2, 3], vec![7, 7, 7, 7, 7, 8], vec![1]);
    let mut label = base.clone();
    label.train = split([2, 3], (0..12).collect(), vec![0, 1]);
    let mut turned = base.clone();
    turned.train = split([3, 2], (0..12).collect(), vec![0, 2]);
    for (what, other) in [("pixel", &pixel), ("label", &label), ("shape", &turned)] {
        assert_ne!(base.fingerprint(), other.fingerprint(), "{what}");
        assert_ne!(base, *other, "{what}");
    }
    assert_eq!(
        base.train.pixel_fingerprint(),
        label.train.pixel_fingerprint()
    );
    assert_ne!(
        base.train.pixel_fingerprint(),
        turned.train.pixel_fingerprint()
    );
}

/// The shipped feature bank is found by it.
#[test]
fn the_fingerprint_of_pixels_in_memory_never_changes() {
    let split = split([2, 3], (0..12).collect(), vec![0, 2]);
    let mut bytes = [2u64, 2, 3, 1].map(u64::to_le_bytes).concat();
    bytes.extend(0..12);
    assert_eq!(split.pixel_fingerprint(), crate::hash::sha256(&bytes));
}
