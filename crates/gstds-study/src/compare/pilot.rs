//! Costs of a method before its first step and seconds of its steps, measured on short runs.

use crate::error::Result;
use gstds_burn::GpuDevice;
use gstds_train::run::{RunProgress, TrainConfig, train_on};
use gstds_train::schedule::Schedule;

/// Steps that a pace is measured on, at most.
const STEPS: usize = 10;

/// The results of a pilot.
#[derive(Clone, Debug, Default)]
pub(super) struct Pilot {
    /// Operations of the reference: features and linear probes.
    pub reference_flops: u64,
    /// Seconds of finding features that are cached, and of fitting linear probes.
    pub reference_seconds: f64,
    /// Seconds of a step, selection included, by the share of a batch that it keeps; ascending.
    paces: Vec<(f64, f64)>,
}

impl Pilot {
    /// Seconds of a step that keeps this share: interpolated linearly between those measured.
    pub(super) fn step_seconds(&self, share: f64) -> f64 {
        match self.paces[..] {
            [(low, slow), (high, fast)] => slow + (fast - slow) * (share - low) / (high - low),
            [(_, seconds)] => seconds,
            _ => 0.0,
        }
    }
}

/// Runs one step, for what precedes it, and then some at each share of a batch in `shares`, one or
/// two that ascend, now that features are cached and everything is compiled. Nothing is written.
pub(super) fn measure(
    device: &GpuDevice,
    config: &TrainConfig,
    shares: &[f64],
    progress: &mut dyn RunProgress,
) -> Result<Pilot> {
    let mut short = config.clone();
    short.out = None;
    // Settings that so short a run has no room for.
    short.optimiser.warmup = 0;
    // Paces do not depend on it, and a rate that diverges is for the run itself to report: the other
    // methods of a comparison go on without it.
    short.optimiser.learning_rate = 1e-9;
    short.max_steps = Some(1);
    let mut pilot = Pilot::default();
    if shares.is_empty() {
        let run = train_on(device, &short, progress)?;
        pilot.reference_flops = run.flops.reference;
    }
    for &share in shares {
        short.schedule = Schedule::constant(share);
        short.max_steps = Some(1);
        train_on(device, &short, progress)?;
        short.max_steps = Some(STEPS);
        let run = train_on(device, &short, progress)?;
        let seconds = run.seconds.training + run.seconds.selection;
        pilot.reference_flops = run.flops.reference;
        pilot.reference_seconds = run.seconds.reference;
        pilot.paces.push((share, seconds / run.steps.max(1) as f64));
    }
    Ok(pilot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_takes_what_its_share_of_the_batch_does() {
        let of = |paces: &[(f64, f64)], share| {
            let paces = paces.to_vec();
            let pilot = Pilot {
                paces,
                ..Pilot::default()
            };
            pilot.step_seconds(share)
        };
        let two = [(0.25, 1.0), (1.0, 4.0)];
        assert_eq!(
            [of(&two, 0.25), of(&two, 0.5), of(&two, 1.0)],
            [1.0, 2.0, 4.0]
        );
        assert_eq!(of(&two[..1], 0.7), 1.0);
        assert_eq!(of(&[], 0.7), 0.0);
    }
}
