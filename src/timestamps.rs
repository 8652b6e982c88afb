//! Timestamps that the device writes at both ends of compute passes.

use crate::{
    Result,
    transfer::{read_back, wait},
};
use std::time::Duration;

/// Room for the two timestamps of each of some passes.
pub(crate) struct Timestamps {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    passes: u32,
}

impl Timestamps {
    /// Room for `passes` passes; none where the device has no `TIMESTAMP_QUERY`.
    pub fn new(device: &wgpu::Device, passes: u32) -> Option<Self> {
        let label = Some("gstds timestamps");
        let has = device.features().contains(wgpu::Features::TIMESTAMP_QUERY);
        has.then(|| Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label,
                ty: wgpu::QueryType::Timestamp,
                count: 2 * passes,
            }),
            resolved: device.create_buffer(&wgpu::BufferDescriptor {
                label,
                size: u64::from(passes) * 16,
                usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            }),
            passes,
        })
    }

    /// What the descriptor of pass number `pass` takes.
    pub fn writes(&self, pass: u32) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(2 * pass),
            end_of_pass_write_index: Some(2 * pass + 1),
        }
    }

    /// Records that the timestamps of all passes be readable.
    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2 * self.passes, &self.resolved, 0);
    }

    /// Waits for the time that each pass took.
    pub fn read(&self, device: &wgpu::Device, queue: &wgpu::Queue) -> Result<Vec<Duration>> {
        let count = 2 * self.passes as usize;
        let what = "timestamps";
        let ticks = read_back::<u64>(device, queue, what, &self.resolved, count);
        let ticks = wait(device, what, ticks)?;
        let period = f64::from(queue.get_timestamp_period());
        let time = |pair: &[u64]| {
            Duration::from_secs_f64(pair[1].saturating_sub(pair[0]) as f64 * period * 1e-9)
        };
        Ok(ticks.chunks(2).map(time).collect())
    }
}
