use super::{device, noise};
use crate::images::{
    Augment, Draw, GatherImages, Geometry, Limits, Normalisation, gather_images::twin,
    pixels::PixelBuffers,
};
use crate::read_back::read_back;
use wgpu::util::DeviceExt;

/// Where an output that no invocation wrote would be seen.
const POISON: f32 = -777.0;

/// Values around the output that the kernel must leave alone.
const GUARD: usize = 64;

fn moments(channels: usize) -> Normalisation {
    let all = [(0.45, 0.25), (0.3, 0.125), (0.5, 0.5)];
    Normalisation {
        channels: all[..channels].to_vec(),
    }
}

fn limits() -> Limits {
    Limits::of(device())
}

fn augment(text: &str) -> Augment {
    text.parse().unwrap()
}

/// What the kernel writes for `(row, slot)` pairs of the images in `bytes`.
fn pictures(
    geometry: Geometry,
    limits: Limits,
    draw: &Draw,
    bytes: &[u8],
    pairs: &[(u32, u32)],
) -> Vec<f32> {
    let gpu = &device().gpu.device;
    let kernel = GatherImages::new(&device().gpu, geometry, &moments(geometry.channels), limits);
    let image = geometry.image_bytes();
    let mut pixels = PixelBuffers::allocate(gpu, bytes.len() / image, image, &limits).unwrap();
    pixels.write(&device().gpu.queue, bytes);

    let lists = pairs.iter().map(|p| p.0).chain(pairs.iter().map(|p| p.1));
    let buffer = |contents: &[u8], usage| {
        gpu.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: None,
            contents,
            usage: usage | wgpu::BufferUsages::COPY_SRC,
        })
    };
    let storage = wgpu::BufferUsages::STORAGE;
    let lists = buffer(bytemuck::cast_slice(&lists.collect::<Vec<u32>>()), storage);
    let values = pairs.len() * geometry.values();
    let poison = vec![POISON; values + 2 * GUARD];
    let output = buffer(bytemuck::cast_slice(&poison), storage);
    let binding = wgpu::BufferBinding {
        buffer: &output,
        offset: 4 * GUARD as u64,
        size: wgpu::BufferSize::new(4 * values as u64),
    };
    let mut encoder = gpu.create_command_encoder(&Default::default());
    kernel.record(&mut encoder, &pixels, &lists, &binding, pairs.len(), draw);
    let found = read_back(&device().gpu, encoder, &output);
    let (before, rest) = found.split_at(GUARD);
    let (inside, after) = rest.split_at(values);
    assert!(before.iter().chain(after).all(|v| *v == POISON));
    assert!(
        inside.iter().all(|v| *v != POISON),
        "every value is written"
    );
    inside.to_vec()
}

/// Largest difference between the kernel and its twin.
fn difference(geometry: Geometry, draw: &Draw, pairs: &[(u32, u32)]) -> f64 {
    let image = geometry.image_bytes();
    let slots = pairs.iter().map(|pair| pair.1 as usize + 1).max().unwrap();
    let bytes = noise(slots * image);
    let found = pictures(geometry, limits(), draw, &bytes, pairs);
    let normalisation = moments(geometry.channels);
    let expected = pairs.iter().flat_map(|&(row, slot)| {
        let image = &bytes[slot as usize * image..][..image];
        twin(&geometry, &normalisation, draw, row, image)
    });
    let differences = found
        .iter()
        .zip(expected)
        .map(|(&f, e)| (f64::from(f) - e).abs());
    // Not `f64::max`, which would pass over a NaN.
    differences.fold(0.0, |most, d| if d <= most { most } else { d })
}

/// Sides below, at and above the learner's, odd and even, and image sizes of every remainder by
/// four, so that images start at every byte of a word.
const SHAPES: [[usize; 3]; 14] = [
    [1, 1, 1],
    [3, 1, 3],
    [1, 4, 4],
    [3, 4, 4],
    [1, 8, 4],
    [3, 9, 3],
    [3, 5, 7],
    [1, 3, 8],
    [3, 7, 5],
    [3, 3, 2],
    [1, 13, 4],
    [3, 13, 5],
    [1, 28, 14],
    [3, 32, 32],
];

fn geometry([channels, stored, side]: [usize; 3]) -> Geometry {
    Geometry {
        channels,
        stored,
        side,
    }
}

const PAIRS: [(u32, u32); 6] = [
    (7, 0),
    (0, 3),
    (40_000, 1),
    (13, 4),
    (4_000_000_000, 2),
    (7, 1),
];

#[test]
fn the_kernel_and_its_twin_agree_on_every_shape_without_augmentation() {
    for shape in SHAPES {
        for pairs in [&PAIRS[..1], &PAIRS[..]] {
            let worst = difference(geometry(shape), &Draw::default(), pairs);
            assert!(worst < 2e-5, "{shape:?}, {} rows: {worst}", pairs.len());
        }
    }
}

#[test]
fn the_kernel_and_its_twin_agree_on_each_augmentation_and_on_all() {
    let texts = [
        "flip",
        "crop:2",
        "rotate:25",
        "rotate:180",
        "brightness:0.5",
        "flip,crop:1,rotate:40,brightness:1",
    ];
    for shape in SHAPES.into_iter().filter(|shape| shape[2] > 2) {
        for text in texts {
            let draw = Draw {
                augment: augment(text),
                seed: 0x1234_5678_9abc_def0,
            };
            let worst = difference(geometry(shape), &draw, &PAIRS);
            // f32 places a tap to about 1e-6 of the side; a byte's step is up to 8 deviations.
            assert!(worst < 5e-4, "{shape:?} {text}: {worst}");
        }
    }
}

#[test]
fn a_side_that_divides_the_images_gives_the_means_of_blocks() {
    for shape in [[1, 28, 14], [3, 32, 8], [3, 9, 3], [1, 6, 6]] {
        let geometry = geometry(shape);
        let [channels, stored, side] = shape;
        let image = noise(geometry.image_bytes());
        let found = pictures(geometry, limits(), &Draw::default(), &image, &[(0, 0)]);
        let factor = stored / side;
        let means = moments(channels).channels;
        for (place, value) in found.iter().enumerate() {
            let (channel, y, x) = (place / (side * side), place / side % side, place % side);
            let (mean, deviation) = means[channel];
            let block = (0..factor * factor).map(|tap| {
                let (row, column) = (y * factor + tap / factor, x * factor + tap % factor);
                f32::from(image[(row * stored + column) * channels + channel])
            });
            let area = (factor * factor * 255) as f32;
            let expected = (block.sum::<f32>() / area - mean) / deviation;
            assert!((value - expected).abs() <= 2e-6, "{value} {expected}");
        }
    }
}

#[test]
fn a_larger_side_interpolates_and_repeats_edges() {
    let geometry = geometry([1, 2, 4]);
    let found = pictures(
        geometry,
        limits(),
        &Draw::default(),
        &[0, 255, 0, 255],
        &[(0, 0)],
    );
    // Pixel centres lie a quarter and three quarters of the way: 0, 1/4, 3/4, 1.
    for (value, level) in found.iter().zip([0.0, 0.25, 0.75, 1.0].iter().cycle()) {
        assert!((value - (level - 0.45) / 0.25).abs() < 1e-5, "{found:?}");
    }
}

#[test]
fn flips_mirror_half_of_the_pictures_exactly() {
    let geometry = geometry([3, 6, 6]);
    let image = noise(geometry.image_bytes());
    let pairs: Vec<_> = (0..64).map(|row| (row, 0)).collect();
    let plain = pictures(geometry, limits(), &Draw::default(), &image, &pairs[..1]);
    let mirrored: Vec<f32> = plain
        .chunks(6)
        .flat_map(|row| row.iter().rev().copied())
        .collect();
    let draw = Draw {
        augment: augment("flip"),
        seed: 5,
    };
    let found = pictures(geometry, limits(), &draw, &image, &pairs);
    let mut flipped = 0;
    for picture in found.chunks(plain.len()) {
        flipped += usize::from(picture == mirrored);
        assert!(picture == plain || picture == mirrored);
    }
    assert!((16..=48).contains(&flipped), "{flipped} of 64");
}

#[test]
fn crops_shift_by_whole_pixels_and_show_the_mean_outside() {
    let geometry = geometry([1, 10, 5]);
    let image = noise(100);
    let pairs: Vec<_> = (0..200).map(|row| (row, 0)).collect();
    let plain = pictures(geometry, limits(), &Draw::default(), &image, &pairs[..1]);
    let shifted = |right: i32, down: i32| -> Vec<f32> {
        let pixel = |place: i32| {
            let (x, y) = (place % 5 - right, place / 5 - down);
            let seen = (0..5).contains(&x) && (0..5).contains(&y);
            if seen {
                plain[(y * 5 + x) as usize]
            } else {
                0.0
            }
        };
        (0..25).map(pixel).collect()
    };
    let all: Vec<_> = (-2..=2)
        .flat_map(|right| (-2..=2).map(move |down| shifted(right, down)))
        .collect();
    let draw = Draw {
        augment: augment("crop:2"),
        seed: 11,
    };
    let mut seen = [0; 25];
    for picture in pictures(geometry, limits(), &draw, &image, &pairs).chunks(25) {
        let which = all.iter().position(|shift| shift == picture);
        seen[which.expect("a whole shift of the image")] += 1;
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn brightness_scales_values_and_clamps_them() {
    let geometry = geometry([1, 1, 1]);
    let draw = Draw {
        augment: augment("brightness:0.5"),
        seed: 1,
    };
    let pairs: Vec<_> = (0..200).map(|row| (row, 0)).collect();
    let levels = |byte: u8| -> Vec<f32> {
        let found = pictures(geometry, limits(), &draw, &[byte], &pairs);
        found.iter().map(|value| value * 0.25 + 0.45).collect()
    };
    let dark = levels(51);
    assert!(
        dark.iter().all(|level| (0.0999..0.3001).contains(level)),
        "{dark:?}"
    );
    assert!(dark.iter().any(|level| *level < 0.12) && dark.iter().any(|level| *level > 0.28));
    let bright = levels(255);
    assert!(bright.iter().all(|level| *level < 1.0001));
    let clamped = bright.iter().filter(|level| **level > 0.9999).count();
    assert!((60..140).contains(&clamped), "{clamped} of 200");
}

#[test]
fn an_image_looks_the_same_wherever_it_lies_and_other_seeds_change_it() {
    let geometry = geometry([3, 7, 5]);
    let image = noise(geometry.image_bytes());
    let three = [&image[..], &image, &image].concat();
    let of_seed = |seed, pairs: &[(u32, u32)]| {
        let augment = augment("flip,crop:2,rotate:20,brightness:0.3");
        pictures(geometry, limits(), &Draw { augment, seed }, &three, pairs)
    };
    let alone = of_seed(3, &[(9, 0)]);
    let among = of_seed(3, &[(1, 0), (9, 2), (2, 1)]);
    assert_eq!(
        among[alone.len()..2 * alone.len()],
        alone,
        "by its row alone"
    );
    assert_eq!(of_seed(3, &[(9, 0)]), alone, "twice");
    assert_ne!(of_seed(4, &[(9, 0)]), alone);
    assert_ne!(
        of_seed(3 | 1 << 32, &[(9, 0)]),
        alone,
        "both halves of a seed count"
    );
    assert_ne!(of_seed(3, &[(10, 0)]), alone);
}

#[test]
fn several_buffers_and_several_lines_of_workgroups_change_nothing() {
    let geometry = geometry([3, 5, 4]);
    let bytes = noise(9 * geometry.image_bytes());
    let pairs: Vec<_> = (0..40u32).map(|i| (i * 77, i * 5 % 9)).collect();
    let draw = Draw {
        augment: augment("flip,rotate:10"),
        seed: 2,
    };
    let with = |limits| pictures(geometry, limits, &draw, &bytes, &pairs);
    let one = with(limits());
    // 75 bytes per image: two fit 151 bytes, and 30 workgroups make five lines of six.
    let narrow = Limits {
        binding: 151,
        groups: 7,
        ..limits()
    };
    assert_eq!(with(narrow), one);
}

#[test]
fn more_workgroups_than_one_dimension_takes_are_dispatched() {
    let geometry = geometry([1, 2, 16]);
    let lines = limits().groups as usize * 64 / geometry.values();
    let pairs: Vec<_> = (0..lines as u32 + 3).map(|row| (row, row % 2)).collect();
    let found = pictures(geometry, limits(), &Draw::default(), &noise(8), &pairs);
    let (even, odd) = (&found[..256], &found[256..512]);
    assert_ne!(even, odd);
    let all = found.chunks(512).all(|two| {
        two[..256] == *even
            && two
                .get(256..)
                .unwrap_or(odd)
                .iter()
                .zip(odd)
                .all(|(a, b)| a == b)
    });
    assert!(all, "every picture is one of two");
}

#[test]
fn a_slot_past_the_last_image_counts_as_the_last() {
    let geometry = geometry([1, 3, 3]);
    let bytes = noise(4 * 9);
    let of = |slot| pictures(geometry, limits(), &Draw::default(), &bytes, &[(0, slot)]);
    assert_eq!(of(4), of(3));
    assert_eq!(of(u32::MAX), of(3));
    assert_ne!(of(2), of(3));
}
