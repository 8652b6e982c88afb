//! Facility location and k-center.

use super::*;
use crate::{Dtype, twin};

/// Sums over n entries of a similarity that f32 has to 1e-6.
const CLOSE: f64 = 5e-6;

/// That each choice is one of the best after those before it, and the objective that of the twin.
fn assert_best(
    data: &[f32],
    columns: usize,
    found: &CoverageSelection,
    already: &[u32],
    gain: bool,
) {
    let rows = data.len() / columns;
    let room = CLOSE * if gain { rows as f64 } else { 1.0 };
    let mut chosen = already.to_vec();
    for (step, &row) in found.kept.iter().enumerate() {
        let (values, best) = match gain {
            true => {
                let gains = twin::gains(data, columns, &chosen);
                let best = gains.iter().copied().fold(0.0, f64::max);
                (gains[row as usize], best)
            }
            false => {
                let distances = distances(data, columns, &chosen);
                let best = distances.iter().copied().fold(0.0, f64::max);
                (distances[row as usize], best)
            }
        };
        assert!(
            values >= best - room,
            "step {step}, row {row}: {values} of {best}"
        );
        chosen.push(row);
    }
    let objective = found.objective.expect("rows that differ");
    let expected = match gain {
        true => {
            let none = twin::gains(data, columns, &[]);
            assert_eq!(none.len(), rows);
            covered(data, columns, &chosen)
        }
        false => distances(data, columns, &chosen)
            .into_iter()
            .fold(0.0, f64::max),
    };
    assert!(
        (objective - expected).abs() < room,
        "{objective} for {expected}"
    );
}

/// Distance of each valid row to the nearest chosen one; of others 0.
fn distances(data: &[f32], columns: usize, chosen: &[u32]) -> Vec<f64> {
    let (unit, valid) = twin::normalize(data, columns);
    let dot = |a: usize, b: usize| -> f64 {
        let row = |at: usize| unit[at * columns..(at + 1) * columns].iter();
        row(a).zip(row(b)).map(|(a, b)| a * b).sum()
    };
    let to = |j: usize| {
        let nearest = chosen.iter().filter(|&&i| valid[i as usize]);
        nearest.fold(2.0, |d: f64, &i| d.min(1.0 - dot(i as usize, j)))
    };
    (0..valid.len())
        .map(|j| if valid[j] { to(j) } else { 0.0 })
        .collect()
}

fn covered(data: &[f32], columns: usize, chosen: &[u32]) -> f64 {
    let distances = distances(data, columns, chosen);
    let (_, valid) = twin::normalize(data, columns);
    let valid = distances.iter().zip(valid).filter(|(_, valid)| *valid);
    valid.map(|(d, _)| (1.0 - d).max(0.0)).sum()
}

/// Limits under which no matrix fits, so that similarities are computed again.
fn narrow() -> (wgpu::Device, wgpu::Queue) {
    let request = gpu().adapter.request_device(&wgpu::DeviceDescriptor {
        required_limits: wgpu::Limits {
            max_storage_buffer_binding_size: 1 << 16,
            ..wgpu::Limits::default()
        },
        ..Default::default()
    });
    pollster::block_on(request).unwrap()
}

#[test]
fn each_choice_is_the_best_of_all() {
    for (seed, rows, columns) in [
        (1, 3, 2),
        (2, 64, 16),
        (3, 65, 17),
        (4, 257, 40),
        (5, 1100, 7),
    ] {
        let mut data = Noise(seed).signed(rows * columns);
        if rows > 64 {
            data[5 * columns..6 * columns].fill(0.0);
            data[17 * columns] = f32::NAN;
        }
        let count = (rows / 8).clamp(1, 40).min(rows - 2);
        for already in [&[][..], &[0, rows as u32 - 1]] {
            if count + already.len() >= rows {
                continue;
            }
            for gain in [true, false] {
                let rule = if gain {
                    CoverageRule::FacilityLocation
                } else {
                    CoverageRule::KCenter
                };
                let found = choose(&data, columns, &by(rule), count, already);
                assert_best(&data, columns, &found, already, gain);
                if rows > 64 {
                    let narrow = narrow();
                    let gpu = (&narrow.0, &narrow.1);
                    let tiled = choose_on(gpu, &data, columns, &by(rule), count, already);
                    assert_best(&data, columns, &tiled, already, gain);
                }
            }
        }
    }
}

/// Values that f32 and f64 both tell apart: the twin's rows, one after another.
#[test]
fn choices_are_the_twins() {
    let (data, _) = Noise(6).groups(&[20, 17, 13, 9, 5], 24, 0.8);
    for already in [&[][..], &[7]] {
        let (rows, objective) = twin::facility_location(&data, 24, 6, already);
        let found = choose(&data, 24, &by(CoverageRule::FacilityLocation), 6, already);
        assert_eq!(found.kept, rows);
        assert!((found.objective.unwrap() - objective).abs() < 1e-4);
        let (rows, radius) = twin::k_center(&data, 24, 6, already);
        let found = choose(&data, 24, &by(CoverageRule::KCenter), 6, already);
        assert_eq!(found.kept, rows);
        assert!((found.objective.unwrap() - radius).abs() < 1e-5);
    }
}

#[test]
fn identical_rows_tie_by_number() {
    let (one, _) = Noise(7).groups(&[10, 10, 10], 12, 0.6);
    let data = [&one[..], &one, &one].concat();
    for rule in [CoverageRule::FacilityLocation, CoverageRule::KCenter] {
        // More rows than there are different ones: copies add nothing, the lower ones come first.
        let found = choose(&data, 12, &by(rule), 40, &[]);
        let (first, copies) = found.kept.split_at(30);
        assert!(first.iter().all(|row| *row < 30), "{rule}: {first:?}");
        assert_eq!(copies, Vec::from_iter(30..40), "{rule}");
        let narrow = narrow();
        let tiled = choose_on((&narrow.0, &narrow.1), &data, 12, &by(rule), 40, &[]);
        assert_eq!(tiled.kept[30..], *copies, "{rule}");
    }
}

/// Rows in several bindings, picked from a bank backwards, and in f16 choose as rows side by side.
#[test]
fn layouts_of_the_same_rows_choose_the_same() {
    let (rows, columns) = (700, 33);
    let rounded: Vec<f32> = Noise(8)
        .signed(rows * columns)
        .iter()
        .map(|x| half::f16::from_f32(*x).to_f32())
        .collect();
    let shape = Shape {
        rows,
        features: columns,
    };
    let queue = &gpu().queue;
    let device = &gpu().device;
    for rule in [CoverageRule::FacilityLocation, CoverageRule::KCenter] {
        let expected = choose(&rounded, columns, &by(rule), 25, &[3]).kept;
        let in_view = |view: Features<'_>| {
            let mut coverage = Coverage::prepare(device, shape, 26, &by(rule)).unwrap();
            poison(queue, &coverage);
            queue.submit(coverage.record(view, 25, &[3]).unwrap());
            coverage.read(queue).unwrap().kept
        };
        let halves: Vec<half::f16> = rounded.iter().map(|x| half::f16::from_f32(*x)).collect();
        let words: Vec<f32> = bytemuck::cast_slice::<_, u16>(&halves)
            .chunks(2)
            .map(|pair| f32::from_bits(u32::from(pair[0]) | u32::from(pair[1]) << 16))
            .collect();
        let bank = upload(device, queue, &words);
        assert_eq!(
            in_view(Features::new(&bank).dtype(Dtype::F16)),
            expected,
            "{rule}: f16"
        );

        let backwards: Vec<f32> = rounded.chunks(columns).rev().flatten().copied().collect();
        let list: Vec<f32> = (0..rows as u32).rev().map(f32::from_bits).collect();
        let (bank, list) = (
            upload(device, queue, &backwards),
            upload(device, queue, &list),
        );
        let view = Features::new(&bank).picked_by(&list, 0, rows);
        assert_eq!(in_view(view), expected, "{rule}: listed");

        // 64 KiB a binding: the features take two.
        let narrow = narrow();
        let found = choose_on(
            (&narrow.0, &narrow.1),
            &rounded,
            columns,
            &by(rule),
            25,
            &[3],
        );
        let common = found
            .kept
            .iter()
            .filter(|row| expected.contains(row))
            .count();
        assert!(common >= 24, "{rule}: {common} of 25 rows in chunks");
    }
}

/// A second call on the same buffers, of fewer rows and another count.
#[test]
fn a_choice_is_repeated_on_fewer_rows() {
    let data = Noise(9).signed(150 * 9);
    let shape = Shape {
        rows: 150,
        features: 9,
    };
    for rule in RULES {
        let mut coverage =
            Coverage::prepare(&gpu().device, shape, 20, &by(rule).vectors(8)).unwrap();
        let features = upload(&gpu().device, &gpu().queue, &data);
        for (rows, count) in [(150, 20), (70, 6), (150, 20)] {
            let view = Features::new(&features).rows(rows);
            let commands = coverage.record(view, count, &[]).unwrap();
            gpu().queue.submit(commands);
            let found = coverage.read(&gpu().queue).unwrap();
            assert_eq!(coverage.count(), count);
            let options = by(rule).vectors(8);
            let alone = choose(&data[..rows * 9], 9, &options, count, &[]);
            assert_eq!(found.kept, alone.kept, "{rule}, {rows} rows");
        }
    }
}
