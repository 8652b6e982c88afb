//! `loss`: the rows with the learner's highest losses, ties to the lower position.
//!
//! Wrong labels and outliers have the highest losses of all; `jest` subtracts the reference's loss
//! to avoid them.

use super::{BatchRows, Chosen, Method, MethodName, ranking};
use crate::error::Result;

pub(super) struct Loss;

impl Method for Loss {
    fn name(&self) -> MethodName {
        MethodName::Loss
    }

    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen> {
        if batch.keeps_all() {
            return Ok(Chosen::all());
        }
        let losses = batch.losses_for(self.name())?;
        let marked = ranking::largest(losses, batch.keep);
        Ok(Chosen::at(ranking::positions(marked, batch.keep)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use burn::tensor::{Device, Int, Tensor};

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
        };
        let kept = Loss.choose(&batch).unwrap().positions.unwrap();
        // Two rows have a loss of 2: the lower position is taken.
        assert_eq!(kept.try_into_vec_as::<i32>().unwrap(), [1, 4]);

        batch.losses = None;
        let error = Loss.choose(&batch).unwrap_err();
        assert!(
            matches!(error, Error::NoLosses { method: "loss" }),
            "{error}"
        );
        batch.keep = 6;
        assert!(Loss.choose(&batch).unwrap().positions.is_none());
    }
}
