//! Selections that are submitted, waited for and measured.

use super::{Clock, Profile, Timing};
use crate::{Batch, Error, Features, Keep, Result, Stage, timestamps::Timestamps};
use std::time::Instant;

/// Runs one selection with a pass for each stage and measures each: by device
/// timestamps where the device has `TIMESTAMP_QUERY`, else by the wall clock.
///
/// # Errors
/// Whatever [`Batch::encode`] returns, and [`Error::ReadBack`].
pub fn stages_blocking(
    batch: &mut Batch,
    queue: &wgpu::Queue,
    features: Features<'_>,
    keep: Keep,
) -> Result<Profile> {
    match Timestamps::new(batch.device(), Stage::ALL.len() as u32) {
        Some(timestamps) => by_timestamps(batch, queue, features, keep, &timestamps),
        None => by_wall_clock(batch, queue, features, keep),
    }
}

/// Runs one whole selection, recorded as [`Batch::encode`] records it, in one submission.
///
/// # Errors
/// Whatever [`Batch::encode`] returns, and [`Error::ReadBack`].
pub fn selection_blocking(
    batch: &mut Batch,
    queue: &wgpu::Queue,
    features: Features<'_>,
    keep: Keep,
) -> Result<Timing> {
    let device = batch.device().clone();
    timed_blocking(&device, queue, |encoder, timestamps| {
        batch.encode_timed(encoder, features, keep, timestamps)?;
        Ok(())
    })
}

/// Submits what `record` records and waits for it. `record` hands the timestamps, which are there
/// where the device has `TIMESTAMP_QUERY`, to the one pass that is timed.
///
/// # Errors
/// Whatever `record` returns, and [`Error::ReadBack`].
pub fn timed_blocking(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    record: impl FnOnce(
        &mut wgpu::CommandEncoder,
        Option<wgpu::ComputePassTimestampWrites<'_>>,
    ) -> Result<()>,
) -> Result<Timing> {
    let timestamps = Timestamps::new(device, 1);
    let start = Instant::now();
    let mut encoder = encoder(device);
    record(&mut encoder, timestamps.as_ref().map(|t| t.writes(0)))?;
    if let Some(timestamps) = &timestamps {
        timestamps.resolve(&mut encoder);
    }
    queue.submit([encoder.finish()]);
    let host = start.elapsed();
    wait(device)?;
    let wall = start.elapsed();
    let passes = timestamps.map(|t| t.read(device, queue)).transpose()?;
    Ok(Timing {
        wall,
        host,
        device: passes.map(|p| p[0]),
    })
}

fn by_timestamps(
    batch: &mut Batch,
    queue: &wgpu::Queue,
    features: Features<'_>,
    keep: Keep,
    timestamps: &Timestamps,
) -> Result<Profile> {
    let mut encoder = encoder(batch.device());
    let call = batch.begin(&mut encoder, features, keep)?;
    for (number, stage) in (0u32..).zip(Stage::ALL) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(stage.name()),
            timestamp_writes: Some(timestamps.writes(number)),
        });
        batch.record(*stage, &mut pass, &call);
    }
    timestamps.resolve(&mut encoder);
    queue.submit([encoder.finish()]);
    let times = timestamps.read(batch.device(), queue)?;
    Ok(Profile {
        clock: Clock::Device,
        stages: Stage::ALL.iter().copied().zip(times).collect(),
    })
}

fn by_wall_clock(
    batch: &mut Batch,
    queue: &wgpu::Queue,
    features: Features<'_>,
    keep: Keep,
) -> Result<Profile> {
    let mut first = encoder(batch.device());
    let call = batch.begin(&mut first, features, keep)?;
    let device = batch.device();
    submit_and_wait(device, queue, first)?;
    let mut stages = Vec::new();
    for stage in Stage::ALL {
        let start = Instant::now();
        let mut encoder = encoder(device);
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(stage.name()),
            timestamp_writes: None,
        });
        batch.record(*stage, &mut pass, &call);
        drop(pass);
        submit_and_wait(device, queue, encoder)?;
        stages.push((*stage, start.elapsed()));
    }
    Ok(Profile {
        clock: Clock::Wall,
        stages,
    })
}

fn encoder(device: &wgpu::Device) -> wgpu::CommandEncoder {
    let descriptor = wgpu::CommandEncoderDescriptor {
        label: Some("gstds profile"),
    };
    device.create_command_encoder(&descriptor)
}

fn submit_and_wait(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    encoder: wgpu::CommandEncoder,
) -> Result<()> {
    queue.submit([encoder.finish()]);
    wait(device)
}

fn wait(device: &wgpu::Device) -> Result<()> {
    let waited = device.poll(wgpu::PollType::wait_indefinitely());
    waited.map_err(|e| Error::ReadBack {
        what: "the end of a pass",
        reason: e.to_string(),
    })?;
    Ok(())
}
