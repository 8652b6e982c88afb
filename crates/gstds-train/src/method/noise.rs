//! Gumbel noise: the k largest of scores with it are a draw without replacement, each row with
//! chances exp(score).

use super::{BatchRows, EpochPlan};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng, rngs::StdRng};

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

/// Standard Gumbel noise times `scale`: finite, because the uniform number is never 0 or 1.
fn gumbel(count: usize, scale: f64, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    let draw = || {
        let uniform = (f64::from(random.random::<u32>()) + 0.5) / 2f64.powi(32);
        (-scale * (-uniform.ln()).ln()) as f32
    };
    std::iter::repeat_with(draw).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_moments_of_its_distribution() {
        let noise = gumbel(100_000, 2.0, 3);
        let mean = noise.iter().map(|&g| f64::from(g)).sum::<f64>() / 1e5;
        let squares = noise.iter().map(|&g| (f64::from(g) - mean).powi(2));
        let variance = squares.sum::<f64>() / 1e5;
        // Euler's constant and pi²/6, scaled; five standard errors.
        assert!((mean - 2.0 * 0.577_216).abs() < 0.041, "{mean}");
        assert!((variance - 4.0 * 1.644_934).abs() < 0.22, "{variance}");
        assert_eq!(noise, gumbel(100_000, 2.0, 3));
        assert_ne!(noise[..8], gumbel(8, 2.0, 4));
    }
}
