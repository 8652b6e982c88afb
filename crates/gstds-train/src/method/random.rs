//! Uniformly random rows, drawn on the host once an epoch and uploaded with it.

use super::{BatchRows, BatchSize, Chosen, EpochPlan, Method, MethodName};
use crate::error::Result;
use burn::tensor::{Device, Int, Tensor, TensorData};
use gstds_burn::GpuDevice;
use rand::{SeedableRng, rngs::StdRng, seq::index};

pub(super) struct Random {
    device: Device,
    positions: Tensor<1, Int>,
    /// Where each batch's positions start, and the end of the last.
    starts: Vec<usize>,
}

impl Random {
    pub(super) fn new(device: &GpuDevice) -> Self {
        let device = device.burn.clone();
        Self {
            positions: Tensor::zeros([1], &device),
            starts: Vec::new(),
            device,
        }
    }
}

impl Method for Random {
    fn name(&self) -> MethodName {
        MethodName::Random
    }

    fn begin_epoch(&mut self, plan: &EpochPlan<'_>) -> Result<()> {
        let (positions, starts) = draw(plan);
        let data = TensorData::new(positions, [starts[starts.len() - 1]]);
        self.positions = Tensor::from_data(data, &self.device);
        self.starts = starts;
        Ok(())
    }

    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen> {
        let [start, end] = [self.starts[batch.place], self.starts[batch.place + 1]];
        let positions = self.positions.clone().slice_dim(0, start..end);
        Ok(Chosen::at(positions))
    }
}

/// Positions of all batches, one after the other, ascending within each.
fn draw(plan: &EpochPlan<'_>) -> (Vec<i32>, Vec<usize>) {
    let mut random = StdRng::seed_from_u64(plan.seed);
    let (mut positions, mut starts) = (Vec::new(), vec![0]);
    for &BatchSize { rows, keep } in plan.batches {
        let mut drawn = index::sample(&mut random, rows, keep.min(rows)).into_vec();
        drawn.sort_unstable();
        positions.extend(drawn.into_iter().map(|position| position as i32));
        starts.push(positions.len());
    }
    (positions, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_batch_gets_its_count_of_different_rows_in_order() {
        let batches = [(256, 64), (256, 64), (100, 25), (3, 3)];
        let batches = batches.map(|(rows, keep)| BatchSize { rows, keep });
        let (positions, starts) = draw(&EpochPlan {
            batches: &batches,
            seed: 9,
        });
        assert_eq!(starts, [0, 64, 128, 153, 156]);
        for (window, &BatchSize { rows, .. }) in starts.windows(2).zip(&batches) {
            let drawn = &positions[window[0]..window[1]];
            assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]), "{drawn:?}");
            assert!(
                drawn.iter().all(|&p| (0..rows as i32).contains(&p)),
                "{drawn:?}"
            );
        }
        assert_ne!(positions[..64], positions[64..128]);
    }

    #[test]
    fn every_row_is_as_likely() {
        let batches = vec![BatchSize { rows: 10, keep: 3 }; 10_000];
        let (positions, _) = draw(&EpochPlan {
            batches: &batches,
            seed: 1,
        });
        for row in 0..10 {
            let share = positions.iter().filter(|&&p| p == row).count() as f64 / 30_000.0;
            // Five standard errors of a share of 0.1.
            assert!(
                (share - 0.1).abs() < 5.0 * (0.09f64 / 30_000.0).sqrt(),
                "{row}: {share}"
            );
        }
    }
}
