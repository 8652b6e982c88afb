//! How long selections take by themselves.

use super::pending;
use crate::{
    error::Result,
    method::{BatchRows, EpochPlan, Method},
};
use burn::tensor::{Device, Int, Tensor};
use std::time::{Duration, Instant};

/// Selections timed, after one that also allocates and compiles.
const TIMED: usize = 3;

/// Mean seconds that one selection of `keep` rows takes, waiting for the device before and after.
/// Meant for the time before training.
pub(crate) fn seconds_per_selection(
    method: &mut dyn Method,
    rows: &Tensor<1, Int>,
    keep: usize,
    device: &Device,
) -> Result<f64> {
    let sizes = [(rows.dims()[0], keep)];
    method.begin_epoch(&EpochPlan {
        batches: &sizes,
        seed: 0,
    })?;
    let losses = Tensor::zeros([sizes[0].0], device);
    let mut spent = Duration::ZERO;
    for round in 0..=TIMED {
        device.sync().map_err(|e| pending::lost(&e))?;
        let start = Instant::now();
        let chosen = method.choose(&BatchRows {
            rows,
            place: 0,
            keep,
            seed: round as u64,
            losses: Some(&losses),
        })?;
        device.sync().map_err(|e| pending::lost(&e))?;
        drop(chosen);
        if round > 0 {
            spent += start.elapsed();
        }
    }
    Ok(spent.as_secs_f64() / TIMED as f64)
}
