//! One submission to the device at a time.

use gstds::adapter::Gpu;

use crate::error::Result;

/// Submits commands and waits for their end, so that none waits in a queue while a watchdog counts.
/// `what` they are the end of names them in an error.
pub(crate) fn and_wait(
    gpu: &Gpu,
    commands: impl IntoIterator<Item = wgpu::CommandBuffer>,
    what: &'static str,
) -> Result<()> {
    gpu.queue.submit(commands);
    let waited = gpu.device.poll(wgpu::PollType::wait_indefinitely());
    waited.map_err(|error| gstds::Error::ReadBack {
        what,
        reason: error.to_string(),
    })?;
    Ok(())
}
