//! Work pending before, selection, work after: in that order, with and without gradients.

use crate::data::{device, expected, floats, on, read, rows_of, values};
use burn::tensor::{Device, Int, Tensor, TensorData};
use gstds::{Keep, Options};
use gstds_burn::FiedlerSelector;

fn matrix(rows: usize, width: usize, salt: u32, device: &Device) -> Tensor<2> {
    Tensor::from_data(
        TensorData::new(values(rows, width, salt), [rows, width]),
        device,
    )
}

/// Selects from features that are still being computed, uses what was kept at once, and changes
/// the features after.
fn check(rows: usize, width: usize, keep: usize, burn: &Device, options: &Options) {
    let selector = FiedlerSelector::new(device(), options).unwrap();
    let weights = matrix(16, width, 7, burn);
    let weights = if burn.is_autodiff() {
        weights.require_grad()
    } else {
        weights
    };
    let pending = matrix(rows, 16, rows as u32, burn).matmul(weights.clone());
    let features = (pending + 0.25).tanh() * 3.0;

    let kept = selector.select(&features, Keep::Count(keep)).unwrap();
    assert!(!kept.is_autodiff());
    let chosen = features.clone().select(0, on(&kept, burn));
    let after = features.clone() * 2.0 + 1.0;
    let gradients = burn.is_autodiff().then(|| chosen.clone().sum().backward());

    let wanted = expected(&features, options, Keep::Count(keep));
    let all = floats(&features);
    assert_eq!(read(kept), wanted, "{rows} x {width}, keep {keep}");
    assert_eq!(
        floats(&chosen),
        rows_of(&all, width, &wanted),
        "gathered rows"
    );
    let doubled: Vec<f32> = all.iter().map(|v| v * 2.0 + 1.0).collect();
    let off = floats(&after)
        .iter()
        .zip(&doubled)
        .any(|(a, b)| (a - b).abs() > 1e-4);
    assert!(!off, "work after the selection read other features");
    if let Some(gradients) = gradients {
        let gradient = weights.grad(&gradients).unwrap();
        assert!(floats(&gradient).iter().any(|g| *g != 0.0));
    }
}

#[test]
fn pending_work_runs_first_and_later_work_last() {
    let plain = device().burn.clone();
    let gradients = plain.clone().autodiff();
    for (round, options) in [Options::gstds(), Options::saln()].iter().enumerate() {
        for step in 0..4 {
            let (rows, width, keep) = (33 + 31 * step + round, 8 + 5 * step, 5 + 3 * step);
            check(rows, width, keep, &plain, options);
            check(rows, width, keep, &gradients, options);
        }
    }
}

#[test]
fn listed_rows_of_a_bank_are_selected_as_if_gathered() {
    let (bank_rows, width, keep) = (500, 24, Keep::Ratio(0.25));
    let burn = &device().burn;
    let selector = FiedlerSelector::new(device(), &Options::gstds()).unwrap();
    let bank = matrix(bank_rows, width, 3, burn);
    let order: Vec<i32> = (0..bank_rows as i32)
        .map(|i| (i * 77 + 5) % bank_rows as i32)
        .collect();
    let order = Tensor::<1, Int>::from_data(TensorData::new(order, [bank_rows]), burn);
    for start in [0, 130, 260, 436] {
        let rows = order.clone().slice_dim(0, start..start + 64);
        let kept = selector.select_rows(&bank, &rows, keep, 0).unwrap();
        let gathered = bank.clone().select(0, rows);
        assert_eq!(
            read(kept),
            expected(&gathered, &Options::gstds(), keep),
            "from {start}"
        );
    }
}

#[test]
fn the_seed_of_a_call_is_the_seed_of_its_rule() {
    let options = |seed| Options::default().rule(gstds::Rule::Random).seed(seed);
    let selector = FiedlerSelector::new(device(), &options(0)).unwrap();
    let bank = matrix(200, 8, 1, &device().burn);
    let rows = Tensor::<1, Int>::arange(0..200, &device().burn);
    let keep = Keep::Count(20);
    let first = read(selector.select_rows(&bank, &rows, keep, 11).unwrap());
    let second = read(selector.select_rows(&bank, &rows, keep, 12).unwrap());
    assert_ne!(first, second);
    assert_eq!(first, expected(&bank, &options(11), keep));
    assert_eq!(
        read(selector.select_rows(&bank, &rows, keep, 11).unwrap()),
        first
    );
}

#[test]
fn the_status_belongs_to_its_selection() {
    let selector = FiedlerSelector::new(device(), &Options::gstds()).unwrap();
    let small = selector
        .pick(&matrix(40, 8, 1, &device().burn), Keep::Count(10), 0)
        .unwrap();
    let large = selector
        .pick(&matrix(90, 8, 2, &device().burn), Keep::Count(30), 0)
        .unwrap();
    let (small, large) = (small.read_status().unwrap(), large.read_status().unwrap());
    assert_eq!([small.rows, small.kept], [40, 10]);
    assert_eq!([large.rows, large.kept], [90, 30]);
    assert!(small.lambda2 > 0.0 && large.lambda2 > 0.0);
}
