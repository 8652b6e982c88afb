//! The time of selections, measured before training.

use super::Trainer;
use crate::{
    error::{Result, device_lost},
    method::{BatchRows, BatchSize, EpochPlan},
    schedule::BatchCounts,
};
use burn::tensor::{Int, Tensor};
use std::time::{Duration, Instant};

/// Selections timed, after one that also allocates and compiles.
const TIMED: usize = 3;

impl Trainer {
    /// Seconds that a selection takes for each operation counted, measured on a first batch at the
    /// smallest keep ratio of the run; 0 where no epoch selects or nothing is counted.
    pub(super) fn time_selection(&mut self) -> Result<f64> {
        let config = &self.inputs.config;
        let rows = config.batch.min(self.state.train.len());
        let epochs = config.epochs;
        let ratios = (0..epochs).map(|epoch| config.schedule.ratio(epoch, epochs));
        let ratio = ratios.fold(1.0, f64::min);
        let keep = config.method.keeps(rows, ratio);
        let rows = config.spec().sees(rows, keep);
        let counts = BatchCounts {
            epoch: 0,
            rows,
            keep,
        };
        let flops = self.sizes.costs.step(counts)?.selection;
        if flops == 0 {
            return Ok(0.0);
        }
        Ok(self.seconds_per_selection(counts.size())? / flops as f64)
    }

    /// Mean seconds of one selection, waiting for the device before and after.
    fn seconds_per_selection(&mut self, size: BatchSize) -> Result<f64> {
        let device = &self.inputs.device.burn;
        let method = self.state.method.as_mut();
        method.begin_epoch(&EpochPlan {
            batches: &[size],
            seed: 0,
        })?;
        let rows = Tensor::<1, Int>::arange(0..size.rows as i64, device);
        let losses = Tensor::zeros([size.rows], device);
        let mut spent = Duration::ZERO;
        for round in 0..=TIMED {
            device.sync().map_err(|e| device_lost(&e))?;
            let start = Instant::now();
            let chosen = method.choose(&BatchRows {
                rows: &rows,
                place: 0,
                keep: size.keep,
                seed: round as u64,
                losses: Some(&losses),
            })?;
            device.sync().map_err(|e| device_lost(&e))?;
            drop(chosen);
            if round > 0 {
                spent += start.elapsed();
            }
        }
        Ok(spent.as_secs_f64() / TIMED as f64)
    }
}
