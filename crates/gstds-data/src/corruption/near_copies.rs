//! Copies that are not exact: flipped, shifted and brightened, as real data sets have them.

use crate::{
    error::Result,
    split::{ImageShape, Split},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A copy is shifted by at most this share of its side, in each direction.
const SHIFT: f64 = 0.125;
/// Its brightness is scaled by a factor within this much of 1.
const BRIGHTNESS: f64 = 0.2;

/// How a copy differs from its image.
#[derive(Clone, Copy, Debug)]
struct Change {
    flip: bool,
    down: i64,
    right: i64,
    brightness: f64,
}

/// The split with every copy altered: a row that follows a row of the same image. All its pixels are
/// in memory then.
pub(super) fn altered(split: &Split, rows: &[usize], seed: u64) -> Result<Split> {
    let mut pixels = Vec::new();
    let shape = split.shape();
    let all: Vec<usize> = (0..split.len()).collect();
    split.read(&all, &mut pixels)?;
    let mut random = StdRng::seed_from_u64(seed);
    let images = pixels.chunks_exact_mut(shape.bytes().max(1));
    for (row, image) in images.enumerate() {
        if row > 0 && rows[row] == rows[row - 1] {
            change(image, shape, Change::draw(shape, &mut random));
        }
    }
    Ok(split.with_pixels(pixels))
}

impl Change {
    fn draw(shape: ImageShape, random: &mut StdRng) -> Self {
        let mut shift = |side: usize| {
            let most = (side as f64 * SHIFT).round() as i64;
            random.random_range(-most..=most)
        };
        Self {
            down: shift(shape.height),
            right: shift(shape.width),
            flip: random.random(),
            brightness: 1.0 + random.random_range(-BRIGHTNESS..=BRIGHTNESS),
        }
    }
}

/// Changes an image; what is shifted in repeats the edge.
fn change(image: &mut [u8], shape: ImageShape, change: Change) {
    let before = image.to_vec();
    let place =
        |at: usize, by: i64, side: usize| (at as i64 - by).clamp(0, side as i64 - 1) as usize;
    for y in 0..shape.height {
        for x in 0..shape.width {
            let from_y = place(y, change.down, shape.height);
            let mut from_x = place(x, change.right, shape.width);
            if change.flip {
                from_x = shape.width - 1 - from_x;
            }
            for channel in 0..shape.channels {
                let value = before[(from_y * shape.width + from_x) * shape.channels + channel];
                let value = (f64::from(value) * change.brightness).round().min(255.0);
                image[(y * shape.width + x) * shape.channels + channel] = value as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape {
        height: 2,
        width: 3,
        channels: 1,
    };

    #[test]
    fn changes_flip_shift_and_brighten() {
        let none = Change {
            flip: false,
            down: 0,
            right: 0,
            brightness: 1.0,
        };
        let changed = |with: Change| {
            let mut image = [10, 20, 30, 40, 50, 200];
            change(&mut image, SHAPE, with);
            image
        };
        assert_eq!(changed(none), [10, 20, 30, 40, 50, 200]);
        let flip = Change { flip: true, ..none };
        assert_eq!(changed(flip), [30, 20, 10, 200, 50, 40]);
        let shift = Change {
            down: 1,
            right: -1,
            ..none
        };
        assert_eq!(changed(shift), [20, 30, 30, 20, 30, 30]);
        let bright = Change {
            brightness: 1.5,
            ..none
        };
        assert_eq!(changed(bright), [15, 30, 45, 60, 75, 255]);
    }
}
