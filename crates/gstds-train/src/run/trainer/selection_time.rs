//! The time of selections, measured on a batch of each epoch.

use super::{Trainer, epoch::Epoch};
use crate::{
    error::{Result, device_lost},
    method::BatchRows,
    schedule::BatchCounts,
};
use burn::tensor::Tensor;
use std::time::Instant;

impl Trainer {
    /// Seconds that the selections of an epoch took: its largest one is made once more, between two
    /// waits for the device, and counts for all, by their operations. No step waits. 0 where
    /// nothing was selected, or selecting costs no operations.
    pub(super) fn time_selections(&mut self, epoch: &Epoch) -> Result<f64> {
        let mut selected = 0u64;
        let mut largest = None;
        for place in 0..epoch.place {
            let size = epoch.size_at(place);
            let flops = self.sizes.costs.step(BatchCounts {
                epoch: epoch.number,
                rows: size.rows,
                keep: size.keep,
            })?;
            selected += flops.selection;
            // A last batch of few rows takes no less time, and would count for too much.
            if flops.selection > largest.map_or(0, |(_, most)| most) {
                largest = Some((place, flops.selection));
            }
        }
        let Some((place, flops)) = largest else {
            return Ok(0.0);
        };
        let seconds = self.selection_seconds(epoch, place)?;
        Ok(seconds * selected as f64 / flops as f64)
    }

    /// Seconds of the selection of an epoch's batch, of losses that are all 0 where it goes by any.
    fn selection_seconds(&mut self, epoch: &Epoch, place: usize) -> Result<f64> {
        let device = &self.inputs.device.burn;
        let size = epoch.size_at(place);
        let rows = epoch.rows_at(place);
        let losses = Tensor::zeros([size.rows], device);
        device.sync().map_err(|e| device_lost(&e))?;
        let begun = Instant::now();
        let chosen = self.state.method.choose(&BatchRows {
            rows: &rows,
            place,
            keep: size.keep,
            seed: 0,
            losses: Some(&losses),
            recorded: false,
        })?;
        device.sync().map_err(|e| device_lost(&e))?;
        drop(chosen);
        Ok(begun.elapsed().as_secs_f64())
    }
}
