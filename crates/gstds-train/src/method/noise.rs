//! Gumbel noise: the k largest of scores with it are a draw without replacement, each row with
//! chances exp(score).

use super::{BatchRows, EpochPlan};
use burn::tensor::{Device, Tensor, TensorData};
use gstds_curate::order::gumbel;

/// Noise for every row of an epoch in the epoch's order, uploaded with it; none by default.
#[derive(Default)]
pub(super) struct EpochNoise {
    noise: Option<Tensor<1>>,
    /// Where each batch's noise starts, and the end of the last.
    starts: Vec<usize>,
}

impl EpochNoise {
    /// Noise times `scale`, a draw for each row of the plan; none for a scale of 0.
    pub fn new(plan: &EpochPlan<'_>, scale: f64, device: &Device) -> Self {
        let starts = plan.starts();
        let end = starts[plan.batches.len()];
        let noise = (scale > 0.0 && end > 0).then(|| {
            let noise = gumbel(end, scale, plan.seed);
            Tensor::from_data(TensorData::new(noise, [end]), device)
        });
        Self { noise, starts }
    }

    /// Whether there is any.
    pub fn is_some(&self) -> bool {
        self.noise.is_some()
    }

    /// That of a batch's rows; zero where there is none.
    pub fn of(&self, batch: &BatchRows<'_>) -> Tensor<1> {
        let rows = batch.rows.dims()[0];
        match &self.noise {
            Some(noise) => {
                let start = self.starts[batch.place];
                noise.clone().slice_dim(0, start..start + rows)
            }
            None => Tensor::zeros([rows], &batch.rows.device()),
        }
    }
}
