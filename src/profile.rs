//! Where the time of a selection goes, stage by stage. Submits and waits: for benchmarks.

use crate::{Batch, Error, Features, Keep, Result, Stage, blocking::read_back};
use std::time::{Duration, Instant};

/// Which clock a profile was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Timestamps that the device writes between passes.
    Device,
    /// The host's clock around a submission and its wait, launch overhead included.
    Wall,
}

impl Clock {
    /// The label that figures carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device timestamps",
            Self::Wall => "wall clock",
        }
    }
}

/// Times of one selection.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The clock all of them were read from.
    pub clock: Clock,
    /// Time of each stage, in order.
    pub stages: Vec<(Stage, Duration)>,
}

impl Profile {
    /// Time of all stages together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.stages.iter().map(|(_, time)| *time).sum()
    }
}

/// Runs one selection with a pass for each stage and says how long each took: by device
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
    let timestamps = wgpu::Features::TIMESTAMP_QUERY;
    if batch.device().features().contains(timestamps) {
        by_timestamps(batch, queue, features, keep)
    } else {
        by_wall_clock(batch, queue, features, keep)
    }
}

/// Runs one whole selection in one submission and returns the wall-clock time until it is done.
///
/// # Errors
/// Whatever [`Batch::encode`] returns, and [`Error::ReadBack`].
pub fn selection_blocking(
    batch: &mut Batch,
    queue: &wgpu::Queue,
    features: Features<'_>,
    keep: Keep,
) -> Result<Duration> {
    let start = Instant::now();
    let mut encoder = encoder(batch);
    batch.encode(&mut encoder, features, keep)?;
    submit_and_wait(batch, queue, encoder)?;
    Ok(start.elapsed())
}

fn by_timestamps(
    batch: &Batch,
    queue: &wgpu::Queue,
    features: Features<'_>,
    keep: Keep,
) -> Result<Profile> {
    let count = 2 * Stage::ALL.len() as u32;
    let queries = batch.device().create_query_set(&wgpu::QuerySetDescriptor {
        label: Some("gstds stage timestamps"),
        ty: wgpu::QueryType::Timestamp,
        count,
    });
    let resolved = batch.device().create_buffer(&wgpu::BufferDescriptor {
        label: Some("gstds stage timestamps"),
        size: u64::from(count) * 8,
        usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    });
    let mut encoder = encoder(batch);
    let call = batch.begin(&mut encoder, features, keep)?;
    for (number, stage) in (0u32..).zip(Stage::ALL) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(stage.name()),
            timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                query_set: &queries,
                beginning_of_pass_write_index: Some(2 * number),
                end_of_pass_write_index: Some(2 * number + 1),
            }),
        });
        batch.record(*stage, &mut pass, &call);
    }
    encoder.resolve_query_set(&queries, 0..count, &resolved, 0);
    queue.submit([encoder.finish()]);
    let what = "stage timestamps";
    let ticks: Vec<u64> = read_back(batch.device(), queue, what, &resolved, count as usize)?;
    let period = f64::from(queue.get_timestamp_period());
    let time = |pair: &[u64]| {
        Duration::from_secs_f64(pair[1].saturating_sub(pair[0]) as f64 * period * 1e-9)
    };
    Ok(Profile {
        clock: Clock::Device,
        stages: Stage::ALL
            .iter()
            .copied()
            .zip(ticks.chunks(2).map(time))
            .collect(),
    })
}

fn by_wall_clock(
    batch: &Batch,
    queue: &wgpu::Queue,
    features: Features<'_>,
    keep: Keep,
) -> Result<Profile> {
    let mut first = encoder(batch);
    let call = batch.begin(&mut first, features, keep)?;
    submit_and_wait(batch, queue, first)?;
    let mut stages = Vec::new();
    for stage in Stage::ALL {
        let start = Instant::now();
        let mut encoder = encoder(batch);
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(stage.name()),
            timestamp_writes: None,
        });
        batch.record(*stage, &mut pass, &call);
        drop(pass);
        submit_and_wait(batch, queue, encoder)?;
        stages.push((*stage, start.elapsed()));
    }
    Ok(Profile {
        clock: Clock::Wall,
        stages,
    })
}

fn encoder(batch: &Batch) -> wgpu::CommandEncoder {
    let descriptor = wgpu::CommandEncoderDescriptor {
        label: Some("gstds profile"),
    };
    batch.device().create_command_encoder(&descriptor)
}

fn submit_and_wait(
    batch: &Batch,
    queue: &wgpu::Queue,
    encoder: wgpu::CommandEncoder,
) -> Result<()> {
    queue.submit([encoder.finish()]);
    let waited = batch.device().poll(wgpu::PollType::wait_indefinitely());
    waited.map_err(|e| Error::ReadBack {
        what: "the end of a pass",
        reason: e.to_string(),
    })?;
    Ok(())
}
