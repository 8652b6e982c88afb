//! Weights under which rows drawn by Gumbel top-k represent their whole batch.
//!
//! Kool, van Hoof and Welling (arXiv 1903.06059): of n rows with log-weights φ the k largest of
//! φ + g are kept, g being Gumbel noise. Given the (k+1)-th largest, κ, row i is kept with
//! probability q_i = 1 − exp(−exp(φ_i − κ)), and Σ f_i / (n q_i) over the kept rows has the mean of
//! f over the batch as its expectation, for any f that does not depend on the noise. That is the
//! unbiased estimator. Divided by the sum of its weights it would vary less and be biased, by about
//! 1/k; the weights serve to estimate the batch's gradient, so they are not normalised. Their
//! sum is 1 in expectation only, and one row that was unlikely can weigh much: clip gradients.
//!
//! Exact for the losses of a network that treats rows by themselves. Batch norms in training do
//! not: their statistics are those of the kept rows.

use super::{MethodName, MethodSpec, Strata, ranking};
use crate::error::{Error, Result};
use burn::tensor::{Int, Tensor};

/// The largest noise that [`super::noise`] draws, rounded up; a kept row is no further below κ.
const MOST_NOISE: f32 = 23.0;
/// Below it 1 − exp(−e) is summed as a series, as f32 would lose its digits.
const SMALL: f32 = 0.03;

impl MethodSpec {
    /// Refuses to weight rows whose inclusion probability is not known: all but those of `random`
    /// and of rows drawn from the whole batch at a temperature above 0.
    ///
    /// # Errors
    /// [`Error::Reweight`].
    pub fn check_reweight(self) -> Result<()> {
        let reason = match (self.name, self.family) {
            (MethodName::Random, _) => return Ok(()),
            (_, Some(family)) => match (family.strata, family.temperature > 0.0) {
                (Strata::None, true) => return Ok(()),
                (Strata::None, false) => {
                    "takes the rows of the highest scores at temperature 0, and the others with probability 0"
                }
                _ => "draws from strata, where probabilities depend on the other rows",
            },
            (MethodName::Full | MethodName::SmallBatch, _) => {
                "trains on every row, so there is nothing to weight"
            }
            (MethodName::InfoBatch, _) => "weights rows by itself",
            _ => "chooses rows by rule and not by chance, and most with probability 0",
        };
        Err(Error::Reweight {
            method: self.name.name(),
            reason,
        })
    }
}

/// A draw without replacement from a batch: the rows of the largest perturbed scores.
pub(super) struct GumbelTopK {
    pub scores: Tensor<1>,
    /// `scores` plus `temperature` times standard Gumbel noise.
    pub perturbed: Tensor<1>,
    /// Of the perturbed scores.
    pub ranks: Tensor<1, Int>,
    pub temperature: f64,
}

impl GumbelTopK {
    /// The weights in the loss (f32) of the drawn rows, which are at `positions`; fewer than all
    /// rows.
    pub(super) fn weights(self, positions: &Tensor<1, Int>) -> Tensor<1> {
        let [rows] = self.scores.dims();
        let keep = positions.dims()[0];
        let threshold = ranking::at_rank(&self.perturbed, self.ranks, keep);
        let above = self.scores.select(0, positions.clone()) - threshold;
        // Rounding may put a row lower than any noise could have raised it.
        let above = above.div_scalar(self.temperature).clamp_min(-MOST_NOISE);
        let e = above.exp();
        let usual = e.clone().neg().exp().neg().add_scalar(1.0);
        // e − e²/2 + e³/6
        let series = e.clone().div_scalar(6.0).sub_scalar(0.5).mul(e.clone());
        let series = series.add_scalar(1.0).mul(e.clone());
        let inclusion = usual.mask_where(e.lower_elem(SMALL), series);
        inclusion.mul_scalar(rows as f32).recip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::family::drawing;
    use crate::method::{BatchRows, BatchSize, EpochPlan, Method};
    use burn::tensor::{Device, TensorData};

    const ROWS: usize = 6;
    const KEEP: usize = 3;
    const TEMPERATURE: f64 = 0.7;
    const LOSSES: [f32; ROWS] = [0.1, 2.5, 0.7, 1.9, 0.3, 3.0];
    const REFERENCE: [f32; ROWS] = [0.3, 0.5, 0.6, 1.2, 0.1, 2.9];
    /// What is estimated: any numbers that are not the losses.
    const VALUES: [f64; ROWS] = [4.0, -1.0, 0.5, 2.0, 3.0, 7.0];

    fn tensor(values: &[f32]) -> Tensor<1> {
        let data = TensorData::new(values.to_vec(), [values.len()]);
        Tensor::from_data(data, &Device::flex())
    }

    /// Positions and weights of `draws` batches of the same rows.
    fn drawn(draws: usize) -> Vec<(Vec<i32>, Vec<f32>)> {
        let device = Device::flex();
        let mut jest = drawing(&device, tensor(&REFERENCE), TEMPERATURE, true);
        let size = BatchSize {
            rows: ROWS,
            keep: KEEP,
        };
        let batches = vec![size; draws];
        let plan = EpochPlan {
            batches: &batches,
            seed: 5,
        };
        jest.begin_epoch(&plan).unwrap();
        let rows = Tensor::<1, Int>::arange(0..ROWS as i64, &device);
        let losses = tensor(&LOSSES);
        let draw = |place| {
            let batch = BatchRows {
                rows: &rows,
                place,
                keep: KEEP,
                seed: 0,
                losses: Some(&losses),
                recorded: false,
            };
            let chosen = jest.choose(&batch).unwrap();
            let positions = chosen.positions.unwrap().try_into_vec_as().unwrap();
            (
                positions,
                chosen.weights.unwrap().try_into_vec_as().unwrap(),
            )
        };
        (0..draws).map(draw).collect()
    }

    /// Mean of the estimates and its standard error.
    fn moments(estimates: &[f64]) -> (f64, f64) {
        let count = estimates.len() as f64;
        let mean = estimates.iter().sum::<f64>() / count;
        let squares = estimates.iter().map(|e| (e - mean).powi(2)).sum::<f64>();
        (mean, (squares / count).sqrt() / count.sqrt())
    }

    #[test]
    fn weighted_sums_of_kept_rows_have_the_batch_mean_as_expectation_and_plain_means_have_not() {
        let draws = drawn(6000);
        let weighted: Vec<f64> = draws
            .iter()
            .map(|(positions, weights)| {
                let pairs = positions.iter().zip(weights);
                pairs
                    .map(|(p, w)| f64::from(*w) * VALUES[*p as usize])
                    .sum()
            })
            .collect();
        let plain: Vec<f64> = draws
            .iter()
            .map(|(positions, _)| {
                positions.iter().map(|p| VALUES[*p as usize]).sum::<f64>() / KEEP as f64
            })
            .collect();
        let expected = VALUES.iter().sum::<f64>() / ROWS as f64;
        let (mean, error) = moments(&weighted);
        assert!(
            (mean - expected).abs() < 4.0 * error,
            "{mean} ± {error}, not {expected}"
        );
        assert!(error < 0.1, "{error}");
        let (mean, error) = moments(&plain);
        assert!(
            (mean - expected).abs() > 20.0 * error,
            "{mean} ± {error} and {expected}"
        );
        let sums: Vec<f64> = draws
            .iter()
            .map(|(_, w)| w.iter().map(|w| f64::from(*w)).sum())
            .collect();
        let (mean, error) = moments(&sums);
        assert!(
            (mean - 1.0).abs() < 4.0 * error,
            "weights sum to {mean} ± {error}"
        );
    }

    /// The same in f64, from the values that decide, by sorting.
    fn twin(scores: &[f32], perturbed: &[f32], keep: usize, temperature: f64) -> Vec<f64> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| perturbed[b].total_cmp(&perturbed[a]).then(a.cmp(&b)));
        let threshold = f64::from(perturbed[order[keep]]);
        let mut kept = order[..keep].to_vec();
        kept.sort_unstable();
        let weight = |row: usize| {
            let above = (f64::from(scores[row]) - threshold) / temperature;
            let inclusion = -(-above.exp()).exp_m1();
            1.0 / (scores.len() as f64 * inclusion)
        };
        kept.into_iter().map(weight).collect()
    }

    #[test]
    fn weights_are_those_of_f64_from_certain_rows_to_the_least_likely() {
        // Noise that lifts rows from far below the threshold, and ties.
        let scores = [9.0, -8.0, -20.0, 0.0, 1.0, 1.0, 0.98, -3.0, 0.0];
        let noise = [0.5, 11.0, 22.5, 1.0, 0.5, 0.5, 0.5, 4.6, -1.0];
        for temperature in [1.0, 0.25, 4.0] {
            let perturbed: Vec<f32> = scores
                .iter()
                .zip(noise)
                .map(|(score, noise)| score + temperature as f32 * noise)
                .collect();
            for keep in [1, 4, 7, 8] {
                let values = tensor(&perturbed);
                let ranks = ranking::ranks(&values);
                let positions = ranking::positions(ranks.clone().lower_elem(keep as i32), keep);
                let draw = GumbelTopK {
                    scores: tensor(&scores),
                    perturbed: values,
                    ranks,
                    temperature,
                };
                let found: Vec<f32> = draw.weights(&positions).try_into_vec_as().unwrap();
                let expected = twin(&scores, &perturbed, keep, temperature);
                assert_eq!(found.len(), keep);
                for (found, expected) in found.iter().zip(&expected) {
                    let error = (f64::from(*found) - expected).abs();
                    assert!(
                        error < 1e-5 * expected,
                        "{keep} at {temperature}: {found}, not {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_temperature_of_next_to_nothing_gives_finite_weights() {
        let weights = |scores: &[f32], keep| {
            // Noise that rounding has turned into one last digit.
            let perturbed = tensor(&[1.0, 1.0 + f32::EPSILON, 5.0, -2.0]);
            let ranks = ranking::ranks(&perturbed);
            let positions = ranking::positions(ranks.clone().lower_elem(keep), keep as usize);
            let draw = GumbelTopK {
                scores: tensor(scores),
                perturbed,
                ranks,
                temperature: 1e-30,
            };
            let found = draw.weights(&positions).try_into_vec_as::<f32>();
            found.unwrap()
        };
        let found = weights(&[1.0, 1.0, 5.0, -2.0], 3);
        assert_eq!(found, [0.25; 3], "all far above the threshold");
        let found = weights(&[1.0, 1.0, -5.0, -2.0], 1)[0];
        assert!(found.is_finite() && found > 1e8, "{found}");
    }

    #[test]
    fn methods_without_probabilities_say_why() {
        let spec = |name: MethodName, temperature| {
            let mut spec = name.spec();
            if let Some(family) = &mut spec.family {
                family.temperature = temperature;
            }
            spec
        };
        assert!(spec(MethodName::Jest, 1.0).check_reweight().is_ok());
        assert!(spec(MethodName::Loss, 0.5).check_reweight().is_ok());
        assert!(spec(MethodName::Random, 0.0).check_reweight().is_ok());
        for (method, temperature, reason) in [
            (MethodName::Jest, 0.0, "at temperature 0"),
            (MethodName::Loss, 0.0, "at temperature 0"),
            (MethodName::Full, 0.0, "nothing to weight"),
            (MethodName::Gstds, 0.0, "by rule"),
            (MethodName::StratifiedLearnability, 1.0, "from strata"),
        ] {
            let error = spec(method, temperature).check_reweight().unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains(method.name()) && text.contains(reason),
                "{text}"
            );
        }
    }
}
