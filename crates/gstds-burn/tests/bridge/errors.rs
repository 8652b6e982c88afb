//! What cannot be selected from is an error before any GPU work.

use crate::data::device;
use burn::tensor::{Device, Int, Tensor};
use gstds::{Keep, Options};
use gstds_burn::{Error, FiedlerSelector};

fn selector() -> FiedlerSelector {
    FiedlerSelector::new(device(), &Options::gstds()).unwrap()
}

#[test]
fn no_rows_no_features_no_count_and_bad_ratios_are_refused() {
    let ones = |shape: [usize; 2]| Tensor::<2>::ones(shape, &device().burn);
    for shape in [[0, 8], [8, 0]] {
        let error = selector().select(&ones(shape), Keep::Count(2)).unwrap_err();
        assert!(
            matches!(error, Error::Selection(gstds::Error::EmptyShape { .. })),
            "{error}"
        );
    }
    let error = selector()
        .select(&ones([8, 4]), Keep::Count(0))
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Selection(gstds::Error::NothingKept { rows: 8 })
        ),
        "{error}"
    );
    for ratio in [0.0, -1.0, 1.5, f64::NAN] {
        let error = selector()
            .select(&ones([8, 4]), Keep::Ratio(ratio))
            .unwrap_err();
        assert!(
            matches!(error, Error::Selection(gstds::Error::KeepRatio { .. })),
            "{error}"
        );
    }
    let none = Tensor::<1, Int>::from_data([0i32; 0], &device().burn);
    let error = selector()
        .select_rows(&ones([8, 4]), &none, Keep::Count(2), 0)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Selection(gstds::Error::EmptyShape { rows: 0, .. })
        ),
        "{error}"
    );
}

#[test]
fn asking_for_all_or_more_keeps_all_in_order() {
    let features = Tensor::<2>::ones([5, 4], &device().burn);
    for count in [5, 6, 1000] {
        let kept = selector().select(&features, Keep::Count(count)).unwrap();
        assert_eq!(crate::data::read(kept), [0, 1, 2, 3, 4]);
    }
}

#[test]
fn a_tensor_on_another_device_is_named_with_both_devices() {
    let elsewhere = Tensor::<2>::ones([8, 4], &Device::flex());
    let error = selector().select(&elsewhere, Keep::Count(2)).unwrap_err();
    assert!(
        matches!(
            error,
            Error::OtherDevice {
                what: "features",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("to_device"), "{error}");
    let bank = Tensor::<2>::ones([8, 4], &device().burn);
    let rows = Tensor::<1, Int>::arange(0..4, &Device::flex());
    let error = selector()
        .select_rows(&bank, &rows, Keep::Count(2), 0)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::OtherDevice {
                what: "listed rows",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn rows_outside_the_bank_are_never_kept_while_others_remain() {
    let values = crate::data::values(20, 6, 2);
    let data = burn::tensor::TensorData::new(values, [20, 6]);
    let bank = Tensor::<2>::from_data(data, &device().burn);
    let rows = Tensor::<1, Int>::from_data([3, 900, 5, -1, 7, 9, 11, 13], &device().burn);
    let picked = selector()
        .pick_rows(&bank, &rows, Keep::Count(4), 0)
        .unwrap();
    let status = picked.read_status().unwrap();
    assert_eq!([status.rows, status.valid], [8, 6]);
    let kept = crate::data::read(picked.kept);
    assert!(!kept.contains(&1) && !kept.contains(&3), "{kept:?}");
}

#[test]
fn strict_mode_makes_invalid_rows_an_error_when_the_status_is_read() {
    let bank = Tensor::<2>::ones([8, 4], &device().burn);
    let rows = Tensor::<1, Int>::from_data([3, 900, 5, -1], &device().burn);
    for strict in [false, true] {
        let options = Options::gstds().strict(strict);
        let selector = FiedlerSelector::new(device(), &options).unwrap();
        let picked = selector.pick_rows(&bank, &rows, Keep::Count(2), 0).unwrap();
        match picked.read_status() {
            Ok(status) => assert_eq!((strict, status.valid), (false, 2)),
            Err(error) => assert!(
                strict && error.to_string().starts_with("2 of 4 rows"),
                "{error}"
            ),
        }
        selector.check_recorded().unwrap();
    }
}
