//! Images and labels resident on the device.

use crate::data::Split;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Mean and standard deviation of each channel's pixels, on a scale of 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Normalisation {
    channels: Vec<(f32, f32)>,
}

impl Normalisation {
    pub(crate) fn of(split: &Split) -> Self {
        let channels = split.shape().channels;
        let mut sums = vec![(0f64, 0f64); channels];
        let pixels = all_pixels(split);
        for (place, &pixel) in pixels.iter().enumerate() {
            let (sum, squares) = &mut sums[place % channels];
            let value = f64::from(pixel) / 255.0;
            *sum += value;
            *squares += value * value;
        }
        let count = (pixels.len() / channels).max(1) as f64;
        let moments = |(sum, squares): (f64, f64)| {
            let mean = sum / count;
            let variance = (squares / count - mean * mean).max(0.0);
            // A channel of one value would otherwise divide by nothing.
            (mean as f32, variance.sqrt().max(1e-3) as f32)
        };
        Self {
            channels: sums.into_iter().map(moments).collect(),
        }
    }
}

/// Pixels of a split in memory, which always can be read.
fn all_pixels(split: &Split) -> Vec<u8> {
    let mut pixels = Vec::new();
    let rows: Vec<usize> = (0..split.len()).collect();
    split.read(&rows, &mut pixels).expect("pixels in memory");
    pixels
}

/// A split on the device, without gradients.
pub(crate) struct Resident {
    /// f32, `[images, channels, side, side]`, normalised.
    pub images: Tensor<4>,
    /// i32, one an image.
    pub labels: Tensor<1, Int>,
}

impl Resident {
    /// Uploads a split of square images, averaged down to `side`, which divides their own.
    pub(crate) fn upload(
        split: &Split,
        side: usize,
        normalisation: &Normalisation,
        device: &Device,
    ) -> Self {
        let shape = [split.len(), split.shape().channels, side, side];
        let data = TensorData::new(prepare(split, side, normalisation), shape);
        let labels: Vec<i32> = split.labels().iter().map(|&label| label.into()).collect();
        Self {
            images: Tensor::from_data(data, device),
            labels: Tensor::from_data(TensorData::new(labels, [split.len()]), device),
        }
    }

    /// Images and labels of some rows, gathered on the device.
    pub(crate) fn rows(&self, rows: Tensor<1, Int>) -> (Tensor<4>, Tensor<1, Int>) {
        let images = self.images.clone().select(0, rows.clone());
        (images, self.labels.clone().select(0, rows))
    }
}

/// Normalised pixels, image after image, channel after channel.
fn prepare(split: &Split, side: usize, normalisation: &Normalisation) -> Vec<f32> {
    let shape = split.shape();
    let factor = shape.width / side;
    let area = (factor * factor) as f32 * 255.0;
    let mut values = Vec::with_capacity(split.len() * shape.channels * side * side);
    for image in all_pixels(split).chunks_exact(shape.bytes().max(1)) {
        for (channel, &(mean, deviation)) in normalisation.channels.iter().enumerate() {
            for y in 0..side {
                for x in 0..side {
                    let mut sum = 0.0;
                    for row in y * factor..(y + 1) * factor {
                        for column in x * factor..(x + 1) * factor {
                            let pixel = (row * shape.width + column) * shape.channels + channel;
                            sum += f32::from(image[pixel]);
                        }
                    }
                    values.push((sum / area - mean) / deviation);
                }
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageShape;

    fn split(channels: usize, pixels: Vec<u8>) -> Split {
        let shape = ImageShape {
            height: 4,
            width: 4,
            channels,
        };
        let images = pixels.len() / shape.bytes();
        Split::new("train", shape, pixels, vec![0; images], 1).unwrap()
    }

    #[test]
    fn pixels_get_mean_zero_and_deviation_one_by_channel() {
        let pixels: Vec<u8> = (0..96)
            .map(|p| if p % 3 == 0 { 10 } else { (p * 2) as u8 })
            .collect();
        let split = split(3, pixels);
        let values = prepare(&split, 4, &Normalisation::of(&split));
        for channel in 0..3 {
            let of = |image: usize| &values[(image * 3 + channel) * 16..][..16];
            let both: Vec<f32> = [of(0), of(1)].concat();
            let mean = both.iter().sum::<f32>() / 32.0;
            assert!(mean.abs() < 1e-3, "channel {channel}: {mean}");
        }
        // Channel 0 has one value throughout and must not become infinite.
        assert!(values.iter().all(|v| v.is_finite()));
    }

    #[test]
    fn averaging_down_takes_the_mean_of_each_block() {
        let split = split(
            1,
            vec![0, 0, 255, 255, 0, 0, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0],
        );
        let plain = Normalisation {
            channels: vec![(0.0, 1.0)],
        };
        assert_eq!(prepare(&split, 2, &plain), [0.0, 1.0, 0.25, 0.0]);
        assert_eq!(prepare(&split, 1, &plain), [0.3125]);
    }

    #[test]
    fn channels_are_moved_in_front_of_rows() {
        let split = split(2, (0..32).collect());
        let plain = Normalisation {
            channels: vec![(0.0, 1.0 / 255.0); 2],
        };
        let values = prepare(&split, 4, &plain);
        assert!((values[0] - 0.0).abs() < 1e-4 && (values[1] - 2.0).abs() < 1e-4);
        assert!((values[16] - 1.0).abs() < 1e-4, "{values:?}");
    }
}
