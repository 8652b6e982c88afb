//! Bytes of images on the device, in buffers that one binding holds, and a pool of such buffers.

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
pub(crate) struct Pixels {
    pub segments: Vec<Segment>,
    /// Images written, from slot 0.
    pub images: usize,
    image_bytes: usize,
    /// Where the buffers go when nothing reads them any longer.
    home: Option<Free>,
}

/// Buffers of rooms that nobody uses.
type Free = Arc<Mutex<Vec<Vec<Segment>>>>;

impl Pixels {
    /// Makes room for `images` images.
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
            home: None,
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

impl Drop for Pixels {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            let mut home = home.lock().unwrap_or_else(PoisonError::into_inner);
            home.push(std::mem::take(&mut self.segments));
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
    let said = [validity, memory].map(|scope| pollster::block_on(scope.pop()));
    match said.into_iter().flatten().next() {
        None => Ok(buffer),
        Some(error) => Err(Error::ImageAllocation {
            needed: bytes,
            reason: error.to_string(),
        }),
    }
}

/// Rooms of one size that are used again once the last reader is gone. A batch whose work is
/// queued holds its room, so there are as many as batches that wait to be recorded.
#[derive(Debug)]
pub(crate) struct Pool {
    images: usize,
    image_bytes: usize,
    limits: Limits,
    free: Free,
}

impl Pool {
    /// Rooms for up to `images` images; none is made yet.
    pub(crate) fn new(images: usize, image_bytes: usize, limits: Limits) -> Self {
        Self {
            images,
            image_bytes,
            limits,
            free: Free::default(),
        }
    }

    /// Images that a room takes.
    pub(crate) fn images(&self) -> usize {
        self.images
    }

    /// A room with nothing in it, for one owner; it comes back when that drops it.
    ///
    /// # Errors
    /// As [`Pixels::allocate`], where no room is free.
    pub(crate) fn take(&self, device: &wgpu::Device) -> Result<Pixels> {
        let free = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut pixels = match free {
            Some(segments) => Pixels {
                segments,
                images: 0,
                image_bytes: self.image_bytes,
                home: None,
            },
            None => Pixels::allocate(device, self.images, self.image_bytes, &self.limits)?,
        };
        pixels.home = Some(self.free.clone());
        Ok(pixels)
    }
}
