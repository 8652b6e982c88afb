//! The draw by scores alone.

mod fiedler;
mod nested;

use super::*;
use crate::{
    error::Error,
    method::{BatchSize, make},
};
use burn::tensor::{Int, Tensor, TensorData};
use gstds::{Options, adapter::AdapterRequest};

fn gpu() -> GpuDevice {
    GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter")
}

/// A method of the family that knows these features and losses of the reference.
fn made(
    spec: impl Into<MethodSpec>,
    device: &GpuDevice,
    features: Tensor<2>,
    reference: &[f32],
    options: &Options,
) -> Result<Box<dyn Method>> {
    let inputs = MethodInputs {
        bank: Some(features.into()),
        reference_losses: Some(tensor(reference, device)),
        ..MethodInputs::new(options)
    };
    make(spec, device, inputs)
}

/// `score` and `strata` at temperature 0.
fn highest(score: Score, strata: Strata) -> MethodSpec {
    MethodSpec {
        family: Some(Family {
            score,
            strata,
            temperature: 0.0,
        }),
        ..MethodName::SpectralGuided.spec()
    }
}

fn tensor(values: &[f32], device: &GpuDevice) -> Tensor<1> {
    let data = TensorData::new(values.to_vec(), [values.len()]);
    Tensor::from_data(data, &device.burn)
}

/// Kept positions of two batches of 6, whose second has the reference losses of rows 6 to 11.
fn kept(temperature: f64, seed: u64) -> [Vec<i32>; 2] {
    let device = gpu();
    let reference = [0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0];
    let reference = Tensor::from_data(reference, &device.burn);
    let losses = Tensor::<1>::from_data([1.0, 2.5, 0.2, 0.8, 0.1, 0.0], &device.burn);
    let mut jest = drawing(&device.burn, reference, temperature, false);
    let batches = [BatchSize { rows: 6, keep: 2 }; 2];
    jest.begin_epoch(&EpochPlan {
        batches: &batches,
        seed,
    })
    .unwrap();
    [0, 1].map(|place| {
        let first = 6 * place as i64;
        let batch = BatchRows {
            rows: &Tensor::<1, Int>::arange(first..first + 6, &device.burn),
            place,
            keep: 2,
            seed: 0,
            losses: Some(&losses),
            recorded: false,
        };
        let chosen = jest.choose(&batch).unwrap().positions.unwrap();
        chosen.try_into_vec_as::<i32>().unwrap()
    })
}

#[test]
fn the_most_learnable_are_kept_without_noise_and_others_with_much_of_it() {
    assert_eq!(kept(0.0, 1), [[0, 3], [0, 1]]);
    assert_eq!(kept(0.0, 2), kept(0.0, 1));
    let noisy: Vec<_> = (0..4).map(|seed| kept(50.0, seed)).collect();
    assert_eq!(noisy[0], kept(50.0, 0));
    assert!(noisy.iter().any(|kept| kept != &noisy[0]), "{noisy:?}");
}

#[test]
fn the_highest_losses_are_kept_in_the_order_of_the_batch() {
    let device = Device::flex();
    let rows = Tensor::<1, Int>::from_data([40, 41, 42, 43, 44, 45], &device);
    let losses = Tensor::<1>::from_data([0.5, 2.0, 0.1, 2.0, 3.0, 0.4], &device);
    let mut batch = BatchRows {
        rows: &rows,
        place: 0,
        keep: 2,
        seed: 0,
        losses: Some(&losses),
        recorded: false,
    };
    let mut method = FamilyMethod {
        name: MethodName::Loss,
        scores: RowScores::Loss,
        ..drawing(&device, Tensor::zeros([6], &device), 0.0, false)
    };
    let kept = method.choose(&batch).unwrap().positions.unwrap();
    // Two rows have a loss of 2: the lower position is taken.
    assert_eq!(kept.try_into_vec_as::<i32>().unwrap(), [1, 4]);

    batch.losses = None;
    let error = method.choose(&batch).unwrap_err();
    assert!(
        matches!(error, Error::NoLosses { method: "loss" }),
        "{error}"
    );
    batch.keep = 6;
    assert!(method.choose(&batch).unwrap().positions.is_none());
}

#[test]
fn presets_are_members_of_the_family_and_the_others_are_not() {
    let preset = |name| Family::preset(name).map(|it| (it.score, it.strata, it.temperature));
    assert_eq!(
        preset(MethodName::Guided),
        Some((Score::Free, Strata::None, 1.0))
    );
    assert_eq!(
        preset(MethodName::SpectralGuided),
        Some((Score::Learnability, Strata::Nested, 0.0))
    );
    let outside = [
        MethodName::Full,
        MethodName::Random,
        MethodName::SmallBatch,
        MethodName::InfoBatch,
        MethodName::Gstds,
        MethodName::Saln,
    ];
    for name in MethodName::ALL {
        assert_eq!(preset(*name).is_none(), outside.contains(name), "{name}");
    }
}
