//! Rows of a pool on their way to the device, a chunk at a time.

use gstds::adapter::Gpu;
use gstds_data::matrix::DeviceElement;

use crate::error::Result;
use crate::pool::{CHUNK_BYTES, Pool, RowSet};
use crate::submission;

/// A buffer on the device that rows are written to, from its start.
pub(crate) struct Upload<'a> {
    gpu: &'a Gpu,
    buffer: wgpu::Buffer,
    /// Bytes that are not on the device yet.
    held: Vec<u8>,
    /// Bytes that are.
    written: u64,
    /// Rows that are zero, NaN or infinite, of all that were pushed since the start.
    invalid: Vec<u32>,
}

impl<'a> Upload<'a> {
    /// Allocates the buffer.
    pub(crate) fn new(gpu: &'a Gpu, bytes: u64) -> Result<Self, gstds::Error> {
        let memory = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validity = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("gstds features"),
            size: bytes,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let errors = [validity, memory].map(|scope| pollster::block_on(scope.pop()));
        match errors {
            [None, None] => Ok(Self {
                gpu,
                buffer,
                held: Vec::new(),
                written: 0,
                invalid: Vec::new(),
            }),
            [_, Some(_)] => Err(gstds::Error::OutOfMemory { bytes: Some(bytes) }),
            [Some(error), None] => Err(gstds::Error::Device {
                reason: error.to_string(),
            }),
        }
    }

    /// The buffer that features are read from.
    pub(crate) fn buffer(&self) -> &wgpu::Buffer {
        &self.buffer
    }

    /// The buffer, once everything is uploaded, and the rows that are zero, NaN or infinite.
    pub(crate) fn into_parts(self) -> (wgpu::Buffer, Vec<u32>) {
        (self.buffer, self.invalid)
    }

    /// The rows that are zero, NaN or infinite, in the order in which they were pushed.
    pub(crate) fn take_invalid(self) -> Vec<u32> {
        self.invalid
    }

    /// Starts again from the buffer's start.
    pub(crate) fn restart(&mut self) {
        self.held.clear();
        self.written = 0;
    }

    /// Writes rows behind those before them; `done` is called with their number, and may end it.
    pub(crate) fn push(
        &mut self,
        pool: &mut Pool,
        rows: &RowSet,
        done: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        let row_bytes = pool.layout().row_bytes();
        for run in rows.runs(pool.chunk_rows()) {
            let count = run.len();
            // No more than a chunk is held; a partial word waits for the next flush.
            let held = self.held.len() as u64;
            if held >= 4 && held + count as u64 * row_bytes > CHUNK_BYTES as u64 {
                self.flush()?;
            }
            let (from, first) = (self.held.len(), run.start);
            pool.read(run, &mut self.held)?;
            pool.note_invalid(&self.held[from..], first, &mut self.invalid);
            done(count)?;
        }
        Ok(())
    }

    /// Uploads what is still held.
    pub(crate) fn finish(&mut self) -> Result<()> {
        // Copies are made in words; the buffer's size is in words too.
        self.held.resize(self.held.len().next_multiple_of(4), 0);
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        let words = self.held.len() - self.held.len() % 4;
        let queue = &self.gpu.queue;
        queue.write_buffer(&self.buffer, self.written, &self.held[..words]);
        // wgpu copies what is written to memory of its own, and frees that once it is done.
        submission::and_wait(self.gpu, [], "the end of an upload")?;
        self.held.drain(..words);
        self.written += words as u64;
        Ok(())
    }
}

/// The kernels' name of an element type.
pub(crate) fn dtype(element: DeviceElement) -> gstds::Dtype {
    match element {
        DeviceElement::F16 => gstds::Dtype::F16,
        DeviceElement::F32 => gstds::Dtype::F32,
    }
}
