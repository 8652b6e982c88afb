//! Slices, transposes and half precision.

use crate::data::{device, expected, read, values};
use burn::tensor::{FloatDType, Tensor, TensorData};
use gstds::{Keep, Options};
use gstds_burn::FiedlerSelector;

#[test]
fn a_view_is_selected_from_as_its_copy_would_be() {
    let selector = FiedlerSelector::new(device(), &Options::gstds()).unwrap();
    let data = TensorData::new(values(200, 64, 5), [200, 64]);
    let base = Tensor::<2>::from_data(data, &device().burn);
    let row = base.clone().slice([3..4, 0..64]);
    let cases = [
        ("rows 64 to 160", base.clone().slice([64..160, 0..64])),
        ("columns 3 to 40", base.clone().slice([0..200, 3..40])),
        ("transposed", base.clone().transpose()),
        (
            "every other row",
            base.clone()
                .slice([burn::tensor::s![0..200;2], burn::tensor::s![..]]),
        ),
        ("one row", row.clone()),
        ("one row, repeated", row.expand([50, 64])),
    ];
    for (name, view) in cases {
        for keep in [Keep::Count(7), Keep::Ratio(0.5), Keep::Count(1000)] {
            let kept = read(selector.select(&view, keep).unwrap());
            assert_eq!(
                kept,
                expected(&view, &Options::gstds(), keep),
                "{name}, {keep:?}"
            );
        }
    }
}

#[test]
fn half_precision_features_are_read_as_they_are() {
    if !device().burn.supports_dtype(burn::tensor::DType::F16) {
        return;
    }
    let data = TensorData::new(values(128, 32, 8), [128, 32]);
    let half = Tensor::<2>::from_data(data, &device().burn).cast(FloatDType::F16);
    let selector = FiedlerSelector::new(device(), &Options::gstds()).unwrap();
    let kept = read(selector.select(&half, Keep::Count(32)).unwrap());
    let widened = half.cast(FloatDType::F32);
    assert_eq!(kept, expected(&widened, &Options::gstds(), Keep::Count(32)));
}
