//! Mean and deviation of each channel.

use super::source::ImageSource;
use crate::error::{Error, Result};
use rayon::prelude::*;

/// Mean and standard deviation of each channel's pixels, on a scale of 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Normalisation {
    pub channels: Vec<(f32, f32)>,
}

/// Bytes read at once by a thread.
const CHUNK_BYTES: usize = 1 << 20;

impl Normalisation {
    /// Reads every image once, in chunks and in parallel. Sums are whole numbers, so their order
    /// changes nothing.
    ///
    /// # Errors
    /// Whatever reading the images returns.
    pub(crate) fn of(source: &dyn ImageSource) -> Result<Self> {
        let shape = source.shape();
        let images = source.len();
        let a_chunk = (CHUNK_BYTES / shape.bytes().max(1)).max(1);
        let none = || vec![(0u64, 0u64); shape.channels];
        let sums = (0..images.div_ceil(a_chunk))
            .into_par_iter()
            .map(|chunk| {
                let rows: Vec<usize> =
                    (chunk * a_chunk..images.min((chunk + 1) * a_chunk)).collect();
                let mut bytes = Vec::with_capacity(rows.len() * shape.bytes());
                source.read(&rows, &mut bytes)?;
                Ok::<_, Error>(sums(&bytes, shape.channels))
            })
            .try_reduce(none, |a, b| Ok(added(a, &b)))?;
        let count = (images * shape.height * shape.width).max(1) as f64;
        let moments = |(sum, squares): (u64, u64)| {
            let mean = sum as f64 / count / 255.0;
            let variance = (squares as f64 / count / (255.0 * 255.0) - mean * mean).max(0.0);
            // A constant channel would otherwise divide by zero.
            (mean as f32, variance.sqrt().max(1e-3) as f32)
        };
        Ok(Self {
            channels: sums.into_iter().map(moments).collect(),
        })
    }
}

/// Sum and sum of squares of each channel.
fn sums(bytes: &[u8], channels: usize) -> Vec<(u64, u64)> {
    let mut sums = vec![(0, 0); channels];
    for pixel in bytes.chunks_exact(channels.max(1)) {
        for (&value, (sum, squares)) in pixel.iter().zip(&mut sums) {
            let value = u64::from(value);
            *sum += value;
            *squares += value * value;
        }
    }
    sums
}

fn added(mut a: Vec<(u64, u64)>, b: &[(u64, u64)]) -> Vec<(u64, u64)> {
    for ((sum, squares), (more, more_squares)) in a.iter_mut().zip(b) {
        *sum += more;
        *squares += more_squares;
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds_data::{ImageShape, Split};

    #[test]
    fn channels_have_their_own_moments_and_a_flat_one_divides_by_something() {
        let shape = ImageShape {
            height: 2,
            width: 2,
            channels: 3,
        };
        // 0, 255, 0, 255, ... in the first channel, 51 throughout the second.
        let pixel = |p: usize| [(p % 2 * 255) as u8, 51, p as u8];
        let pixels: Vec<u8> = (0..8).flat_map(pixel).collect();
        let split = Split::new("train", shape, pixels, vec![0; 2], 1).unwrap();
        let found = Normalisation::of(&split).unwrap().channels;
        assert_eq!(found[0], (0.5, 0.5));
        assert_eq!(found[1], (0.2, 1e-3));
        // The deviation of 0 to 7 is the root of 5.25.
        let expected = (3.5 / 255.0, 5.25f64.sqrt() / 255.0);
        assert!((f64::from(found[2].0) - expected.0).abs() < 1e-8);
        assert!((f64::from(found[2].1) - expected.1).abs() < 1e-8);
    }

    #[test]
    fn images_beyond_one_chunk_all_count() {
        let shape = ImageShape {
            height: 64,
            width: 64,
            channels: 1,
        };
        // 4 KiB an image: 600 of them are three chunks, and the last image alone is bright.
        let mut pixels = vec![0u8; 600 * 4096];
        pixels[599 * 4096..].fill(255);
        let split = Split::new("train", shape, pixels, vec![0; 600], 1).unwrap();
        let [(mean, deviation)] = Normalisation::of(&split).unwrap().channels[..] else {
            panic!("one channel");
        };
        let expected = 1.0 / 600.0;
        assert!((f64::from(mean) - expected).abs() < 1e-9);
        assert!((f64::from(deviation) - (expected - expected * expected).sqrt()).abs() < 1e-7);
    }
}
