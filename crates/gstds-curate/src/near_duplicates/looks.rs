//! What is looked at of the candidates' images: the whole picture, its size and sharpness, and the
//! bytes of the file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gstds_data::{Picture, hash};
use rayon::prelude::*;

use super::Survivor;
use crate::pool::Pool;

/// Side of the square that a whole picture is squeezed to.
const SIDE: u32 = 16;
/// Pictures whose correlation is lower are different, however alike their features are.
///
/// Of 300 pictures of Flowers-102, compressed to JPEG quality 30, halved or brightened by 0.3, the
/// correlation with the original is at least 0.98; cropped by 5% on every side it is above 0.8 of
/// 99 in 100; strips of three pictures that share the middle one reach 0.76.
const LEAST_CORRELATION: f32 = 0.8;
/// Mean colours of single-coloured pictures that count as the same differ by no more.
const SAME_COLOUR: f32 = 8.0;

/// The image of a candidate.
pub(super) struct Look {
    /// The whole picture with its mean taken off and of unit length; zeros of a single colour.
    thumbnail: Vec<f32>,
    mean: f32,
    /// Pixels or sharpness, as the survivor's rule needs it.
    pub(super) quality: f64,
}

/// The images of candidates, in their order; none where a file is not there or is no image.
pub(super) fn at(pool: &Pool, paths: &[&PathBuf], survivor: Survivor) -> Vec<Option<Look>> {
    // A pool is not shared among threads.
    let (root, limit) = (pool.root(), pool.decode_limit());
    let look = |path: &&PathBuf| {
        let picture = Picture::open(&root.join(path), limit).ok()?;
        let quality = match survivor {
            Survivor::Sharpest => picture.sharpness(),
            _ => picture.pixels() as f64,
        };
        Some(Look::of(&picture.squeezed(SIDE), quality))
    };
    paths.par_iter().map(look).collect()
}

impl Look {
    fn of(squeezed: &[u8], quality: f64) -> Self {
        let mean = squeezed.iter().map(|&value| f32::from(value)).sum::<f32>();
        let mean = mean / squeezed.len() as f32;
        let mut thumbnail: Vec<f32> = squeezed
            .iter()
            .map(|&value| f32::from(value) - mean)
            .collect();
        let norm = thumbnail
            .iter()
            .map(|value| value * value)
            .sum::<f32>()
            .sqrt();
        // Below one level a value on average, nothing but the compression's noise is left.
        let flat = norm < (squeezed.len() as f32).sqrt();
        let scale = if flat { 0.0 } else { 1.0 / norm };
        thumbnail.iter_mut().for_each(|value| *value *= scale);
        Self {
            thumbnail,
            mean,
            quality,
        }
    }

    /// Whether two whole pictures are alike.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let pairs = self.thumbnail.iter().zip(&other.thumbnail);
        let correlation: f32 = pairs.map(|(a, b)| a * b).sum();
        let flat = |look: &Self| look.thumbnail.iter().all(|&value| value == 0.0);
        match flat(self) && flat(other) {
            true => (self.mean - other.mean).abs() <= SAME_COLOUR,
            false => correlation >= LEAST_CORRELATION,
        }
    }
}

/// Of each candidate the first candidate whose file has the same bytes.
pub(super) fn copies(root: &Path, paths: &[&PathBuf]) -> Vec<usize> {
    let digests: Vec<Option<String>> = paths
        .par_iter()
        .map(|path| hash::file(&root.join(path)).ok())
        .collect();
    let mut first = HashMap::new();
    let of = |(at, digest): (usize, Option<String>)| match digest {
        Some(digest) => *first.entry(digest).or_insert(at),
        None => at,
    };
    digests.into_iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_one_colour_are_alike_where_the_colour_is() {
        let flat = |value: u8| Look::of(&[value; 768], 0.0);
        assert!(flat(20).is_like(&flat(25)) && !flat(20).is_like(&flat(200)));
        let half: Vec<u8> = (0..768).map(|at| if at < 384 { 0 } else { 255 }).collect();
        let (half, other) = (Look::of(&half, 0.0), flat(127));
        assert!(half.is_like(&half) && !half.is_like(&other) && !other.is_like(&half));
    }
}
