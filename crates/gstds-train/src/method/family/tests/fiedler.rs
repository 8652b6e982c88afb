//! One row of each stratum along the Fiedler vector.

use super::*;
use gstds::{Keep, Shape, select_blocking};

const ROWS: usize = 50;
const WIDTH: usize = 6;

/// Positions by the kernels' scores, descending, ties by position.
fn ranked(features: &[f32], options: &Options, device: &GpuDevice) -> Vec<usize> {
    let shape = Shape {
        rows: ROWS,
        features: WIDTH,
    };
    let (gpu, keep) = (&device.gpu, Keep::Count(1));
    let selected = select_blocking(&gpu.device, &gpu.queue, options, features, shape, keep);
    let scores = selected.unwrap().scores;
    assert!(scores.iter().any(|score| *score != 0.0));
    let mut order: Vec<usize> = (0..ROWS).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    order
}

#[test]
fn the_most_learnable_of_each_stratum_is_taken_whatever_the_rule_and_path() {
    let device = gpu();
    let features: Vec<f32> = (0..ROWS * WIDTH)
        .map(|i| ((i * i + 3 * i) % 101) as f32 / 101.0)
        .collect();
    // Whole numbers, some alike, so that differences are exact and ties occur.
    let losses: Vec<f32> = (0..ROWS).map(|i| ((i * 7) % 12) as f32).collect();
    let reference: Vec<f32> = (0..ROWS).map(|i| ((i * 5) % 4) as f32).collect();
    let data = TensorData::new(features.clone(), [ROWS, WIDTH]);
    let bank = Tensor::<2>::from_data(data, &device.burn);
    let rows = Tensor::arange(0..ROWS as i64, &device.burn);
    let zeros = vec![0.0; ROWS];
    let by_loss = highest(Score::Loss, Strata::Fiedler);
    for (spec, options, reference) in [
        (
            MethodName::StratifiedLearnability.spec(),
            Options::gstds(),
            &reference,
        ),
        (
            MethodName::StratifiedLearnability.spec(),
            Options::saln(),
            &reference,
        ),
        (by_loss, Options::gstds(), &zeros),
    ] {
        let order = ranked(&features, &options, &device);
        let mut method = made(spec, &device, bank.clone(), reference, &options).unwrap();
        for keep in [1, 7, 12, 49] {
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
            let best = |stratum: usize| {
                let members = (0..ROWS).filter(|rank| rank * keep / ROWS == stratum);
                let score = |row: &usize| (losses[*row] - reference[*row]) as i32;
                let members = members.map(|rank| order[rank]);
                let best = members.max_by_key(|row| (score(row), ROWS - row));
                best.unwrap() as i32
            };
            let mut expected: Vec<i32> = (0..keep).map(best).collect();
            expected.sort_unstable();
            assert_eq!(found, expected, "{keep} of {:?}", options.laplacian);
        }
    }
}

/// At a high temperature rows are drawn, but still one of each stratum.
#[test]
fn noise_changes_which_row_a_stratum_gives_and_not_the_strata() {
    let device = gpu();
    let values = (0..ROWS * WIDTH).map(|i| ((i * i + 3 * i) % 101) as f32 / 101.0);
    let features: Vec<f32> = values.collect();
    let order = ranked(&features, &Options::gstds(), &device);
    let data = TensorData::new(features, [ROWS, WIDTH]);
    let bank = Tensor::<2>::from_data(data, &device.burn);
    let mut spec = highest(Score::Loss, Strata::Fiedler);
    if let Some(family) = &mut spec.family {
        family.temperature = 50.0;
    }
    let mut method = made(spec, &device, bank, &[0.0; ROWS], &Options::gstds()).unwrap();
    let size = BatchSize {
        rows: ROWS,
        keep: 10,
    };
    let batches = [size; 3];
    let plan = EpochPlan {
        batches: &batches,
        seed: 4,
    };
    method.begin_epoch(&plan).unwrap();
    let mut drawn = Vec::new();
    for place in 0..3 {
        let chosen = method.choose(&BatchRows {
            rows: &Tensor::arange(0..ROWS as i64, &device.burn),
            place,
            keep: 10,
            seed: 0,
            losses: Some(&tensor(&[1.0; ROWS], &device)),
            recorded: false,
        });
        let positions = chosen.unwrap().positions.unwrap();
        let kept = positions.try_into_vec_as::<i32>().unwrap();
        let rank = |row: &i32| order.iter().position(|it| *it as i32 == *row).unwrap();
        let mut strata: Vec<usize> = kept.iter().map(|row| rank(row) * 10 / ROWS).collect();
        strata.sort_unstable();
        assert_eq!(strata, (0..10).collect::<Vec<_>>());
        drawn.push(kept);
    }
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2], "{drawn:?}");
}
