//! Bytes of images on the device, in buffers of one binding each, and a pool of such buffers.

use super::residence::Limits;
use crate::error::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// Images one after the other, packed four bytes to a word.
#[derive(Debug)]
pub(crate) struct Segment {
    pub buffer: wgpu::Buffer,
    /// Slot of its first image.
    pub first: usize,
    /// Images it has room for.
    pub held: usize,
}

/// Images of one size in slots from 0, spread over as many buffers as they need.
#[derive(Debug)]
pub(crate) struct PixelBuffers {
    pub segments: Vec<Segment>,
    /// Images written, from slot 0.
    pub images: usize,
    image_bytes: usize,
    /// The pool that the buffers return to once nothing reads them.
    pool: Option<Free>,
}

/// Buffers that are not in use.
type Free = Arc<Mutex<Vec<Vec<Segment>>>>;

impl PixelBuffers {
    /// Allocates buffers for `images` images.
    ///
    /// # Errors
    /// [`Error::ImageMemory`] for images that no buffer holds, [`Error::ImageAllocation`] where
    /// the device has no room.
    pub(crate) fn allocate(
        device: &wgpu::Device,
        images: usize,
        image_bytes: usize,
        limits: &Limits,
    ) -> Result<Self> {
        let most = limits.images_a_buffer(image_bytes)?;
        let segment = |first: usize| {
            let held = most.min(images - first);
            let bytes = (held * image_bytes).next_multiple_of(4).max(4) as u64;
            let buffer = allocated(device, bytes)?;
            Ok(Segment {
                buffer,
                first,
                held,
            })
        };
        let segments: Result<Vec<_>> = (0..images.max(1)).step_by(most).map(segment).collect();
        Ok(Self {
            segments: segments?,
            images: 0,
            image_bytes,
            pool: None,
        })
    }

    /// Writes images from slot 0 on, as many as there are bytes of: before the next submission,
    /// after all earlier ones.
    pub(crate) fn write(&mut self, queue: &wgpu::Queue, bytes: &[u8]) {
        self.images = bytes.len() / self.image_bytes.max(1);
        for segment in &self.segments {
            let start = (segment.first * self.image_bytes).min(bytes.len());
            let end = (start + segment.held * self.image_bytes).min(bytes.len());
            write_words(queue, &segment.buffer, 0, &bytes[start..end]);
        }
    }

    /// Fills every slot with what `read` appends for a range of images. The copies are submitted
    /// as they come, and one waits for the one before it, so that few bytes are held twice.
    pub(crate) fn fill(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        read: impl Fn(std::ops::Range<usize>, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        // A multiple of four images starts at a whole word, whatever an image's size.
        let chunk = (CHUNK_BYTES / self.image_bytes.max(1))
            .next_multiple_of(4)
            .max(4);
        let mut bytes = Vec::new();
        let mut before = None;
        for segment in &self.segments {
            for start in (0..segment.held).step_by(chunk) {
                let end = segment.held.min(start + chunk);
                bytes.clear();
                read(segment.first + start..segment.first + end, &mut bytes)?;
                let offset = (start * self.image_bytes) as u64;
                write_words(queue, &segment.buffer, offset, &bytes);
                if let Some(earlier) = before.replace(queue.submit([])) {
                    wait_for(device, earlier)?;
                }
            }
            self.images += segment.held;
        }
        Ok(())
    }
}

impl Drop for PixelBuffers {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            let mut free = pool.lock().unwrap_or_else(PoisonError::into_inner);
            free.push(std::mem::take(&mut self.segments));
        }
    }
}

/// Bytes read and uploaded at once.
const CHUNK_BYTES: usize = 8 << 20;

fn write_words(queue: &wgpu::Queue, buffer: &wgpu::Buffer, offset: u64, bytes: &[u8]) {
    let (whole, rest) = bytes.split_at(bytes.len() & !3);
    if !whole.is_empty() {
        queue.write_buffer(buffer, offset, whole);
    }
    if !rest.is_empty() {
        let mut word = [0; 4];
        word[..rest.len()].copy_from_slice(rest);
        queue.write_buffer(buffer, offset + whole.len() as u64, &word);
    }
}

fn wait_for(device: &wgpu::Device, submission: wgpu::SubmissionIndex) -> Result<()> {
    let wait = wgpu::PollType::Wait {
        submission_index: Some(submission),
        timeout: None,
    };
    let waited = device.poll(wait).map(drop);
    waited.map_err(|e| Error::DeviceLost {
        reason: e.to_string(),
    })
}

fn allocated(device: &wgpu::Device, bytes: u64) -> Result<wgpu::Buffer> {
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let validity = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("gstds images"),
        size: bytes,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    // The answers of error scopes are there as soon as the scopes end.
    let errors = [validity, memory].map(|scope| pollster::block_on(scope.pop()));
    match errors.into_iter().flatten().next() {
        None => Ok(buffer),
        Some(error) => Err(Error::ImageAllocation {
            needed: bytes,
            reason: error.to_string(),
        }),
    }
}

/// Buffers of one size, reused once their last reader is gone. A batch whose work is queued holds
/// its buffers, so there are as many sets as batches that wait to be recorded.
#[derive(Debug)]
pub(crate) struct PixelPool {
    images: usize,
    image_bytes: usize,
    limits: Limits,
    free: Free,
}

impl PixelPool {
    /// A pool of buffers for up to `images` images; none is allocated yet.
    pub(crate) fn new(images: usize, image_bytes: usize, limits: Limits) -> Self {
        Self {
            images,
            image_bytes,
            limits,
            free: Free::default(),
        }
    }

    /// Images that a set of buffers holds.
    pub(crate) fn images(&self) -> usize {
        self.images
    }

    /// Empty buffers for one owner; they return when it drops them.
    ///
    /// # Errors
    /// As [`PixelBuffers::allocate`], where no set is free.
    pub(crate) fn take(&self, device: &wgpu::Device) -> Result<PixelBuffers> {
        let free = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut pixels = match free {
            Some(segments) => PixelBuffers {
                segments,
                images: 0,
                image_bytes: self.image_bytes,
                pool: None,
            },
            None => PixelBuffers::allocate(device, self.images, self.image_bytes, &self.limits)?,
        };
        pixels.pool = Some(self.free.clone());
        Ok(pixels)
    }
}
