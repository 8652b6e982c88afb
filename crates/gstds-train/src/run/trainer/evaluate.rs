//! Accuracy on the test split, counted on the device and read back once.

use crate::{
    error::Result,
    images::{ImageLoader, even_batches},
    run::metrics::async_read::AsyncRead,
};
use burn::tensor::{Int, Tensor, Transaction};
use gstds_models::learner::Learner;

/// Images in one forward pass, unless the device takes fewer; a multiple would not be faster.
const CHUNK: usize = 250;

/// Share of images that are classified correctly; none where the logits are not finite, as after an
/// update that no later loss shows. The learner takes `most` images at once. Waits for the device.
///
/// # Errors
/// Whatever reading the images returns, and a device that fails.
pub(crate) fn accuracy(
    learner: &Learner,
    test: &mut ImageLoader,
    most: usize,
) -> Result<Option<f64>> {
    let images = test.len();
    let chunk = CHUNK.min(most).min(test.most_rows()).max(1);
    let order: Vec<i32> = (0..images as i32).collect();
    test.begin_epoch(&order, even_batches(images, chunk), 0)?;
    let mut sums: Option<(Tensor<1, Int>, Tensor<1>)> = None;
    for start in (0..images).step_by(chunk) {
        let end = images.min(start + chunk);
        let rows = Tensor::arange(start as i64..end as i64, &test.device());
        let (pictures, labels) = test.batch()?.rows(&rows, None)?;
        let logits = learner.forward(pictures);
        let total = logits.clone().sum();
        let right = count_correct(logits, labels);
        sums = Some(match sums {
            Some((rights, totals)) => (rights + right, totals + total),
            None => (right, total),
        });
    }
    test.end_epoch();
    let Some((right, total)) = sums else {
        return Ok(Some(0.0));
    };
    let read = Transaction::default().register(right).register(total);
    let values = AsyncRead::start(read).finish()?;
    let mut values = values.iter().flat_map(|data| data.iter::<f64>());
    let right = values.next().unwrap_or(f64::NAN);
    let finite = values.all(f64::is_finite);
    test.check_recorded()?;
    Ok(finite.then_some(right / images as f64))
}

/// How many rows of the logits have their largest entry at the label: one i32.
pub(crate) fn count_correct(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1, Int> {
    let named = logits.argmax(1).squeeze_dim::<1>(1);
    named.equal(labels).int().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn correct_answers_are_counted() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[0.1, 0.9], [0.8, 0.2], [0.3, 0.4]], &device);
        let labels = Tensor::<1, Int>::from_data([1, 1, 1], &device);
        assert_eq!(count_correct(logits, labels).into_scalar::<i32>(), 2);
    }
}
