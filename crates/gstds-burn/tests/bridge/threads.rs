//! Several threads on one selector, tensors handed from thread to thread, buffers dropped early.

use crate::data::{device, expected, floats, read, rows_of, values};
use burn::tensor::{Tensor, TensorData};
use gstds::{Keep, Options};
use gstds_burn::FiedlerSelector;

const KEEP: Keep = Keep::Count(9);

fn features(rows: usize, salt: u32) -> Tensor<2> {
    let data = TensorData::new(values(rows, 24, salt), [rows, 24]);
    Tensor::from_data(data, &device().burn).exp() * 0.5
}

#[test]
fn threads_that_share_a_selector_get_their_own_rows() {
    let selector = FiedlerSelector::new(device(), &Options::gstds()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let selector = &selector;
            scope.spawn(move || {
                for round in 0..8 {
                    // Two shapes only: threads meet on the same workspace.
                    let features = features(60 + 20 * (round % 2), (thread * 100 + round) as u32);
                    let kept = selector.select(&features, KEEP).unwrap();
                    let chosen = features.clone().select(0, kept.clone());
                    let wanted = expected(&features, &Options::gstds(), KEEP);
                    assert_eq!(read(kept), wanted);
                    assert_eq!(floats(&chosen), rows_of(&floats(&features), 24, &wanted));
                }
            });
        }
    });
}

#[test]
fn a_tensor_made_on_one_thread_is_selected_from_on_another() {
    let selector = FiedlerSelector::new(device(), &Options::gstds()).unwrap();
    for round in 0..6 {
        let features = features(70 + round, round as u32);
        let handed = features.clone();
        let kept = std::thread::scope(|scope| {
            let selection = scope.spawn(|| selector.select(&handed, KEEP).unwrap());
            selection.join().unwrap()
        });
        assert_eq!(
            read(kept),
            expected(&features, &Options::gstds(), KEEP),
            "round {round}"
        );
    }
}

#[test]
fn features_may_be_dropped_right_after_the_call() {
    let selector = FiedlerSelector::new(device(), &Options::gstds()).unwrap();
    let mut held = Vec::new();
    for round in 0..60u32 {
        // Six shapes, more than the workspaces kept.
        let rows = 50 + 10 * (round as usize % 6);
        let kept = selector.select(&features(rows, round), KEEP).unwrap();
        let junk = Tensor::<2>::ones([rows, 24], &device().burn) * f64::from(round);
        if round % 10 == 9 {
            held.push((rows, round, kept, junk));
        }
    }
    for (rows, round, kept, junk) in held {
        let wanted = expected(&features(rows, round), &Options::gstds(), KEEP);
        assert_eq!(read(kept), wanted, "round {round}");
        assert!(floats(&junk).iter().all(|v| *v == round as f32));
    }
}
