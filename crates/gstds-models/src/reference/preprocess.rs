//! From stored u8 images to a network's input.

use crate::error::{Error, Result};
use burn::tensor::{Device, Tensor, TensorData};
use gstds_data::ImageShape;

/// Resizes to a square, repeats grey to three channels, centres and scales: `(x - mean) / scale`
/// with `x` from 0 to 255, each channel by its own numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preprocess {
    /// Side of the square that the network sees, in pixels.
    pub side: usize,
    /// Subtracted from every value: red, green, blue.
    pub mean: [f32; 3],
    /// What the difference is divided by: red, green, blue.
    pub scale: [f32; 3],
}

/// One number where the channels share it.
struct Channels([f32; 3]);

impl std::fmt::Display for Channels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            [r, g, b] if r == g && g == b => write!(f, "{r}"),
            [r, g, b] => write!(f, "[{r} {g} {b}]"),
        }
    }
}

impl Preprocess {
    /// As torchvision's ImageNet models were trained: mean .485 .456 .406 and deviation .229 .224
    /// .225 of values from 0 to 1.
    pub const fn imagenet(side: usize) -> Self {
        Self {
            side,
            mean: [123.675, 116.28, 103.53],
            scale: [58.395, 57.12, 57.375],
        }
    }

    /// As TensorFlow's EfficientNet-Lite models were trained: values of about -1 to 1.
    pub(super) const fn efficientnet_lite(side: usize) -> Self {
        Self {
            side,
            mean: [127.0; 3],
            scale: [128.0; 3],
        }
    }

    /// One line that changes whenever the result would; part of a feature bank's key.
    pub fn describe(&self) -> String {
        format!(
            "bilinear {0}x{0}, (x-{1})/{2}",
            self.side,
            Channels(self.mean),
            Channels(self.scale)
        )
    }

    /// Input `[images, 3, side, side]`, f32, from `pixels` (u8,
    /// `[images, height, width, channels]`).
    ///
    /// The resize is two small matrix products, so that every backend computes the same.
    ///
    /// # Errors
    /// [`Error::InputChannels`] unless there are 1 or 3 channels.
    pub fn apply(&self, pixels: &[u8], shape: ImageShape, device: &Device) -> Result<Tensor<4>> {
        let ImageShape {
            height,
            width,
            channels,
        } = shape;
        if channels != 1 && channels != 3 {
            return Err(Error::InputChannels { channels });
        }
        let images = pixels.len() / shape.bytes();
        let (values, channels) = self.normalised(pixels, channels);
        let x = Tensor::<4>::from_data(
            TensorData::new::<f32, _>(values, [images, height, width, channels]),
            device,
        )
        .permute([0, 3, 1, 2]);
        let x = if (height, width) == (self.side, self.side) {
            x
        } else {
            let rows = resize_matrix(height, self.side, device);
            let columns = resize_matrix(width, self.side, device).transpose();
            // One tall product a direction: images and channels are rows of it.
            let tall = x
                .reshape([images * channels * height, width])
                .matmul(columns);
            tall.reshape([images * channels, height, self.side])
                .swap_dims(1, 2)
                .reshape([images * channels * self.side, height])
                .matmul(rows.transpose())
                .reshape([images * channels, self.side, self.side])
                .swap_dims(1, 2)
                .reshape([images, channels, self.side, self.side])
        };
        Ok(if channels == 1 { x.repeat_dim(1, 3) } else { x })
    }

    /// Centred and scaled values, and how many there are of each pixel: grey stays one where the
    /// channels share their numbers, so that it is resized once.
    fn normalised(&self, pixels: &[u8], channels: usize) -> (Vec<f32>, usize) {
        let one = |(at, &p): (usize, &u8)| (f32::from(p) - self.mean[at]) / self.scale[at];
        let shared = self.mean == [self.mean[0]; 3] && self.scale == [self.scale[0]; 3];
        if channels == 1 && !shared {
            let all = pixels.iter().flat_map(|p| [(0, p), (1, p), (2, p)]);
            return (all.map(one).collect(), 3);
        }
        let places = (0..channels).cycle();
        (places.zip(pixels).map(one).collect(), channels)
    }
}

fn resize_matrix(from: usize, to: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(bilinear(from, to), [to, from]), device)
}

/// Weights `[to, from]` of bilinear resizing with half-pixel centres. When it shrinks, the triangle
/// widens by the ratio, so that every stored pixel counts.
fn bilinear(from: usize, to: usize) -> Vec<f32> {
    let ratio = from as f64 / to as f64;
    let reach = ratio.max(1.0);
    let mut weights = vec![0.0f32; to * from];
    for (out, row) in weights.chunks_exact_mut(from).enumerate() {
        let centre = (out as f64 + 0.5) * ratio - 0.5;
        let first = (centre - reach).ceil() as i64;
        let last = (centre + reach).floor() as i64;
        let weight = |at: i64| (1.0 - (at as f64 - centre).abs() / reach).max(0.0);
        let total: f64 = (first..=last).map(weight).sum();
        for at in first..=last {
            // Beyond the edge the edge pixel repeats.
            row[at.clamp(0, from as i64 - 1) as usize] += (weight(at) / total) as f32;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn shape(height: usize, width: usize, channels: usize) -> ImageShape {
        ImageShape {
            height,
            width,
            channels,
        }
    }

    fn resized(pixels: &[u8], shape: ImageShape, side: usize) -> Vec<f32> {
        let plain = Preprocess {
            side,
            mean: [0.0; 3],
            scale: [1.0; 3],
        };
        let x = plain.apply(pixels, shape, &Device::flex()).unwrap();
        x.try_into_vec_as::<f32>().unwrap()
    }

    const GREY: ImageShape = shape(1, 2, 1);

    /// Centres of four pixels over two lie at -0.25, 0.25, 0.75 and 1.25 of the old grid.
    #[test]
    fn doubling_weighs_three_to_one_and_repeats_the_edge() {
        let row = [0.0, 25.0, 75.0, 100.0];
        assert_eq!(resized(&[0, 100], GREY, 4)[..4], row);
    }

    #[test]
    fn halving_takes_every_pixel_in() {
        let weights = bilinear(8, 4);
        for from in 0..8 {
            let column: f32 = (0..4).map(|out| weights[out * 8 + from]).sum();
            assert!((column - 0.5).abs() < 0.13, "pixel {from} weighs {column}");
        }
        for row in weights.chunks(8) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn rows_and_columns_are_not_confused() {
        let wide = shape(2, 3, 3);
        // Red grows along the row, green down the column, blue stands still.
        let pixels: Vec<u8> = (0..2u8)
            .flat_map(|y| (0..3u8).flat_map(move |x| [60 * x, 90 * y, 7]))
            .collect();
        let out = resized(&pixels, wide, 6);
        let at = |c: usize, y: usize, x: usize| out[(c * 6 + y) * 6 + x];
        for y in 0..6 {
            for x in 0..6 {
                let red = ((x as f32 + 0.5) / 2.0 - 0.5).clamp(0.0, 2.0) * 60.0;
                let green = ((y as f32 + 0.5) / 3.0 - 0.5).clamp(0.0, 1.0) * 90.0;
                for (c, want) in [red, green, 7.0].into_iter().enumerate() {
                    assert!(
                        (at(c, y, x) - want).abs() < 1e-3,
                        "{c} {y} {x}: {}",
                        at(c, y, x)
                    );
                }
            }
        }
    }

    #[test]
    fn the_right_size_passes_unchanged_and_grey_repeats() {
        let out = resized(&[1, 2, 3, 4], shape(2, 2, 1), 2);
        assert_eq!(out, [1., 2., 3., 4., 1., 2., 3., 4., 1., 2., 3., 4.]);
    }

    #[test]
    fn channels_have_their_own_numbers_also_where_they_come_from_grey() {
        let per_channel = Preprocess {
            side: 1,
            mean: [0.0, 10.0, 20.0],
            scale: [1.0, 2.0, 4.0],
        };
        for (pixels, channels) in [(vec![100u8], 1), (vec![100; 3], 3)] {
            let pixel = shape(1, 1, channels);
            let x = per_channel.apply(&pixels, pixel, &Device::flex()).unwrap();
            let x = x.try_into_vec_as::<f32>().unwrap();
            assert_eq!(x, [100.0, 45.0, 20.0], "{channels} channels");
        }
    }

    #[test]
    fn descriptions_tell_channels_apart() {
        let line = Preprocess::imagenet(96).describe();
        let expected = "bilinear 96x96, (x-[123.675 116.28 103.53])/[58.395 57.12 57.375]";
        assert_eq!(line, expected);
        let shared = Preprocess {
            side: 128,
            mean: [127.0; 3],
            scale: [128.0; 3],
        };
        // The key of the feature bank in the binary depends on this line.
        assert_eq!(shared.describe(), "bilinear 128x128, (x-127)/128");
    }

    #[test]
    fn four_channels_are_refused() {
        let plain = Preprocess {
            side: 32,
            mean: [127.0; 3],
            scale: [128.0; 3],
        };
        let error = plain
            .apply(&[0; 4], shape(1, 1, 4), &Device::flex())
            .unwrap_err();
        assert!(error.to_string().contains("4 channels"), "{error}");
    }
}
