//! The embedded data set: a balanced tenth of Fashion-MNIST.

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::split::{ImageShape, Split};
use flate2::read::GzDecoder;
use safetensors::{Dtype, SafeTensors};
use std::io::Read;

/// The name of the [`embedded`] data set.
pub const EMBEDDED_NAME: &str = "fashion-mnist-5k";

/// docs/assets.md describes its origin and how to make it again.
const FILE: &[u8] = include_bytes!("../assets/fashion-mnist.safetensors.gz");

/// Limit on the unpacked size: 6,000 images of 28x28, labels and header are 4.7 MB.
const LARGEST: u64 = 8 << 20;

/// In label order, as Fashion-MNIST's authors name them.
pub(crate) const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, MIT licence): 5,000 training and 1,000 test
/// images, 28x28 grey, the first 500 and 100 of each of the 10 classes, in the original order.
///
/// Costs some 30 ms of unpacking and 5 MB.
///
/// # Errors
/// [`Error::DataSet`] when the embedded file is damaged.
pub fn embedded() -> Result<Dataset> {
    parse(FILE)
}

fn parse(file: &[u8]) -> Result<Dataset> {
    let mut bytes = Vec::new();
    GzDecoder::new(file)
        .take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|e| damaged(&e))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(&e))?;
    Ok(Dataset {
        name: EMBEDDED_NAME.into(),
        classes: CLASSES.map(String::from).into(),
        train: split(&tensors, "train")?,
        test: split(&tensors, "test")?,
    })
}

fn split(tensors: &SafeTensors<'_>, name: &'static str) -> Result<Split> {
    let images = tensors
        .tensor(&format!("{name}_images"))
        .map_err(|e| damaged(&e))?;
    let labels = tensors
        .tensor(&format!("{name}_labels"))
        .map_err(|e| damaged(&e))?;
    let &[_, height, width, channels] = images.shape() else {
        return Err(damaged(&format!(
            "{name}_images has shape {:?}, not 4 extents",
            images.shape()
        )));
    };
    if images.dtype() != Dtype::U8 || labels.dtype() != Dtype::U8 {
        return Err(damaged(&format!("the {name} split is not u8")));
    }
    let shape = ImageShape {
        height,
        width,
        channels,
    };
    let labels = labels.data().iter().copied().map(u16::from).collect();
    Split::new(name, shape, images.data().to_vec(), labels, CLASSES.len())
}

fn damaged(reason: &dyn std::fmt::Display) -> Error {
    Error::DataSet {
        name: EMBEDDED_NAME.into(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_500_and_100_images() {
        let data = embedded().unwrap();
        for (split, each) in [(&data.train, 500), (&data.test, 100)] {
            let mut counts = [0; 10];
            for &label in split.labels() {
                counts[usize::from(label)] += 1;
            }
            assert_eq!(counts, [each; 10]);
            assert_eq!(
                split.shape(),
                ImageShape {
                    height: 28,
                    width: 28,
                    channels: 1
                }
            );
        }
    }

    /// The first images of Fashion-MNIST are an ankle boot, two shirts and a dress; its first test
    /// image is an ankle boot. Means over whole splits would move if pixels did.
    #[test]
    fn order_and_pixels_are_the_originals() {
        let data = embedded().unwrap();
        assert_eq!(data.train.labels()[..4], [9, 0, 0, 3]);
        assert_eq!(data.test.labels()[..4], [9, 2, 1, 1]);
        let mean = |split: &Split| {
            let mut pixels = Vec::new();
            let rows: Vec<usize> = (0..split.len()).collect();
            split.read(&rows, &mut pixels).unwrap();
            pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / pixels.len() as f64
        };
        // 72.94 over all 60,000 training images.
        assert!(
            (mean(&data.train) - 72.94).abs() < 1.5,
            "{}",
            mean(&data.train)
        );
        assert!(
            (mean(&data.test) - 72.94).abs() < 1.5,
            "{}",
            mean(&data.test)
        );
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        for cut in [0, 1, 100, FILE.len() / 2, FILE.len() - 1] {
            assert!(
                matches!(parse(&FILE[..cut]), Err(Error::DataSet { .. })),
                "cut at {cut}"
            );
        }
    }
}
