//! Nested strata against their definition, followed on the host from the scores that the kernels find.

use super::*;
use gstds::{Keep, Shape, select_blocking};

const ROWS: usize = 53;
const WIDTH: usize = 6;

fn features() -> Vec<f32> {
    let values = (0..ROWS * WIDTH).map(|i| ((i * i + 3 * i) % 101) as f32 / 101.0);
    let mut values: Vec<f32> = values.collect();
    // A row without direction comes last.
    values[4 * WIDTH..5 * WIDTH].fill(0.0);
    values
}

/// Scores along the vectors, as the kernel crate has them by itself.
fn scores(features: &[f32], options: &Options, device: &GpuDevice) -> Vec<Vec<f32>> {
    let shape = Shape {
        rows: ROWS,
        features: WIDTH,
    };
    let options = options.clone().vectors(NESTED_VECTORS);
    let (gpu, keep) = (&device.gpu, Keep::Count(1));
    let selected = select_blocking(&gpu.device, &gpu.queue, &options, features, shape, keep);
    let selected = selected.unwrap();
    assert_eq!(selected.spectrum.unwrap().vectors, NESTED_VECTORS);
    selected.vectors
}

/// Cut before round(i·n/parts), written as a definition would be.
fn cut(rows: &[usize], parts: usize) -> Vec<Vec<usize>> {
    let place = |i: usize| (i as f64 * rows.len() as f64 / parts as f64 + 0.5).floor() as usize;
    (0..parts)
        .map(|i| rows[place(i)..place(i + 1)].to_vec())
        .collect()
}

/// The kept rows by the definition.
fn twin(scores: &[Vec<f32>], learnability: &[f32], valid: &[bool], keep: usize) -> Vec<i32> {
    let by = |values: &[f32], rows: &mut Vec<usize>| {
        rows.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    };
    let mut rows: Vec<usize> = (0..ROWS).collect();
    by(&scores[0], &mut rows);
    rows.sort_by_key(|&row| !valid[row]);
    let mut cells = Vec::new();
    for mut bin in cut(&rows, 4) {
        by(&scores[1], &mut bin);
        for mut bin in cut(&bin, 4) {
            by(&scores[2], &mut bin);
            cells.extend(cut(&bin, (keep / 16).max(1)));
        }
    }
    let quota = |cell: &Vec<usize>| keep as f64 * cell.len() as f64 / ROWS as f64;
    let mut counts: Vec<usize> = cells.iter().map(|cell| quota(cell) as usize).collect();
    if cells.len() == keep {
        counts.fill(1);
    }
    let mut left: Vec<usize> = (0..cells.len()).collect();
    left.sort_by(|&a, &b| {
        quota(&cells[b])
            .fract()
            .total_cmp(&quota(&cells[a]).fract())
    });
    for cell in left.into_iter().take(keep - counts.iter().sum::<usize>()) {
        counts[cell] += 1;
    }
    let mut kept: Vec<i32> = Vec::new();
    for (mut cell, count) in cells.into_iter().zip(counts) {
        by(learnability, &mut cell);
        kept.extend(cell[..count].iter().map(|row| *row as i32));
    }
    kept.sort_unstable();
    kept
}

#[test]
fn the_most_learnable_of_each_cell_are_taken() {
    let device = gpu();
    let features = features();
    // Whole numbers, some alike, so that differences are exact and ties occur.
    let losses: Vec<f32> = (0..ROWS).map(|i| ((i * 7) % 12) as f32).collect();
    let reference: Vec<f32> = (0..ROWS).map(|i| ((i * 5) % 4) as f32).collect();
    let learnability: Vec<f32> = losses.iter().zip(&reference).map(|(l, r)| l - r).collect();
    let valid: Vec<bool> = (0..ROWS).map(|row| row != 4).collect();
    let data = TensorData::new(features.clone(), [ROWS, WIDTH]);
    let bank = Tensor::<2>::from_data(data, &device.burn);
    let rows = Tensor::arange(0..ROWS as i64, &device.burn);
    let options = Options::gstds();
    let scores = scores(&features, &options, &device);
    let spec = MethodName::SpectralGuided;
    let mut method = made(spec, &device, bank, &reference, &options).unwrap();
    // A batch kept whole needs no cells.
    let batches = [16, 1, ROWS].map(|keep| BatchSize { rows: ROWS, keep });
    let plan = EpochPlan {
        batches: &batches,
        seed: 0,
    };
    method.begin_epoch(&plan).unwrap();
    for keep in [1, 7, 16, 25, 32, 51] {
        let batch = BatchRows {
            rows: &rows,
            place: 0,
            keep,
            seed: 0,
            losses: Some(&tensor(&losses, &device)),
            recorded: false,
        };
        let chosen = method.choose(&batch).unwrap();
        let found = chosen.positions.unwrap().try_into_vec_as::<i32>().unwrap();
        assert_eq!(
            found,
            twin(&scores, &learnability, &valid, keep),
            "keep {keep}"
        );
    }
}

/// Where all rows are alike nothing is solved, and cells are runs of positions.
#[test]
fn without_a_graph_cells_are_by_position() {
    let device = gpu();
    let bank = Tensor::<2>::ones([ROWS, WIDTH], &device.burn);
    let spec = highest(Score::Loss, Strata::Nested);
    let made = made(spec, &device, bank, &[0.0; ROWS], &Options::gstds());
    let losses: Vec<f32> = (0..ROWS).map(|i| ((i * 11) % 9) as f32).collect();
    let batch = BatchRows {
        rows: &Tensor::arange(0..ROWS as i64, &device.burn),
        place: 0,
        keep: 16,
        seed: 0,
        losses: Some(&tensor(&losses, &device)),
        recorded: false,
    };
    let chosen = made.unwrap().choose(&batch).unwrap();
    let found = chosen.positions.unwrap().try_into_vec_as::<i32>().unwrap();
    let none = vec![vec![0.0; ROWS]; 3];
    assert_eq!(found, twin(&none, &losses, &[true; ROWS], 16));
}

#[test]
fn options_that_find_one_vector_are_refused_with_a_way_out() {
    let device = gpu();
    let power = Options::gstds().solver(gstds::Solver::Power);
    let bank = Tensor::<2>::ones([4, 2], &device.burn);
    let made = made(MethodName::SpectralGuided, &device, bank, &[0.0; 4], &power);
    let error = made.err().expect("power finds one vector").to_string();
    assert!(error.contains("use solver lanczos"), "{error}");
}
