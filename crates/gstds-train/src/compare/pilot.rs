//! What a method costs before its first step, and how long its steps take: measured on short runs.

use crate::{
    error::Result,
    run::{Progress, TrainConfig, train_on},
    schedule::Schedule,
};
use gstds_burn::GpuDevice;

/// Steps that a pace is measured on, at most.
const STEPS: usize = 10;

/// What a pilot found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pilot {
    /// Operations of the reference, features and heads.
    pub reference_flops: u64,
    /// Seconds that they took, or finding them.
    pub reference_seconds: f64,
    /// Seconds of a step, selection included.
    pub step_seconds: f64,
}

/// Runs one step, for what precedes it, and where `paced` some more at the mean keep ratio `share`,
/// now that everything is compiled. Nothing is written.
pub(super) fn fly(
    device: &GpuDevice,
    config: &TrainConfig,
    paced: Option<f64>,
    progress: &mut dyn Progress,
) -> Result<Pilot> {
    let mut short = config.clone();
    short.out = None;
    short.max_steps = Some(1);
    let first = train_on(device, &short, progress)?;
    let mut pilot = Pilot {
        reference_flops: first.flops.reference,
        reference_seconds: first.seconds.reference,
        step_seconds: 0.0,
    };
    if let Some(share) = paced {
        short.max_steps = Some(STEPS);
        short.schedule = Schedule::constant(share);
        let second = train_on(device, &short, progress)?;
        let seconds = second.seconds.training + second.seconds.selection;
        pilot.step_seconds = seconds / second.steps.max(1) as f64;
    }
    Ok(pilot)
}
