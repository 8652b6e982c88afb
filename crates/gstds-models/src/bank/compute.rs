//! Features of images, chunk by chunk.

use super::{BankElement, FeatureBank, bank_key};
use crate::error::{Error, Result};
use crate::reference::Reference;
use burn::tensor::Device;
use gstds_data::{ImageShape, Split};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Images a worker takes at a time on the CPU; more would leave the caches.
const CPU_CHUNK: usize = 4;
/// Images in flight on a GPU at most; where images are small, more would not fill it better.
const GPU_CHUNK: usize = 256;
/// Largest tensor of a chunk on a GPU, below the 128 MiB binding that every device has.
const GPU_TENSOR: usize = 96 << 20;
/// Values of the largest activation for each pixel of input, over all reference models:
/// EfficientNet-Lite0's first expansion has 96 channels at half the side.
const VALUES_A_PIXEL: usize = 24;

impl FeatureBank {
    /// Computes the features of `images` on `device`, which must be that of `reference`.
    ///
    /// On Burn's CPU backend every core works, on four images each; a GPU takes as many at once
    /// as keep every tensor, stored images included, within 96 MiB. The bank itself comes on top.
    /// `progress` is called with the images done and all of them, on this thread, before the first
    /// chunk and after each.
    ///
    /// # Errors
    /// [`Error::InputChannels`] for images that are neither grey nor RGB, [`Error::NotFinite`]
    /// when a feature is not a number or beyond the element type, [`Error::Readback`] when the
    /// device fails, [`Error::Data`] when images cannot be read from their file.
    pub fn compute(
        reference: &dyn Reference,
        images: &Split,
        element: BankElement,
        device: &Device,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Self> {
        let info = reference.info();
        let on_cpu = *device == Device::flex();
        let (chunk, workers) = pace(on_cpu, info.preprocess.side, images.shape());
        let total = images.len();
        let row = info.features * element.bytes();
        let mut bytes = vec![0; total * row];
        let next = AtomicUsize::new(0);
        let (sender, chunks) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..workers.min(total.div_ceil(chunk)) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    while let Some(rows) = claim(next, chunk, total) {
                        let part = features_of(reference, images, rows.clone(), element, device);
                        let failed = part.is_err();
                        // The receiver is dropped only after a failure, which ends this worker too.
                        if sender.send((rows, part)).is_err() || failed {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut done = 0;
            progress(done, total);
            for (rows, part) in chunks {
                done += rows.len();
                bytes[rows.start * row..rows.end * row].copy_from_slice(&part?);
                progress(done, total);
            }
            Ok::<_, Error>(())
        })?;
        Ok(Self {
            width: info.features,
            element,
            bytes,
            key: bank_key(info, images, element),
        })
    }
}

/// Images of a chunk, and how many threads take chunks.
fn pace(on_cpu: bool, side: usize, stored: ImageShape) -> (usize, usize) {
    if on_cpu {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        return (CPU_CHUNK, cores);
    }
    // Resizing goes through the stored image and one that is resized in width alone.
    let half_resized = stored.channels * stored.height * side;
    let values = (VALUES_A_PIXEL * side * side)
        .max(stored.bytes())
        .max(half_resized);
    let image = values * size_of::<f32>();
    ((GPU_TENSOR / image.max(1)).clamp(1, GPU_CHUNK), 1)
}

/// The next chunk that no worker has, or none when all are taken.
fn claim(next: &AtomicUsize, chunk: usize, total: usize) -> Option<Range<usize>> {
    let start = next.fetch_add(chunk, Ordering::Relaxed);
    (start < total).then(|| start..(start + chunk).min(total))
}

fn features_of(
    reference: &dyn Reference,
    images: &Split,
    rows: Range<usize>,
    element: BankElement,
    device: &Device,
) -> Result<Vec<u8>> {
    let device = device.clone().without_autodiff();
    let numbers: Vec<usize> = rows.clone().collect();
    let mut pixels = Vec::with_capacity(rows.len() * images.shape().bytes());
    images.read(&numbers, &mut pixels)?;
    let info = reference.info();
    let input = info.preprocess.apply(&pixels, images.shape(), &device)?;
    let features = reference
        .features(input)?
        .try_into_vec_as::<f32>()
        .map_err(|e| Error::Readback {
            first: rows.start,
            last: rows.end - 1,
            reason: e.to_string(),
        })?;
    let mut bytes = Vec::with_capacity(features.len() * element.bytes());
    match element.encode(&features, &mut bytes) {
        None => Ok(bytes),
        Some(at) => Err(Error::NotFinite {
            model: info.name,
            image: rows.start + at / info.features,
            feature: at % info.features,
            value: features[at],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_takes_as_many_images_as_keep_a_tensor_in_its_binding() {
        let square = |side| ImageShape {
            height: side,
            width: side,
            channels: 3,
        };
        assert_eq!(pace(false, 32, square(32)), (GPU_CHUNK, 1));
        let (chunk, _) = pace(false, 224, square(224));
        assert_eq!(chunk, 20);
        assert!(chunk * VALUES_A_PIXEL * 224 * 224 * 4 < 128 << 20);
        assert_eq!(pace(false, 4096, square(32)).0, 1);
        assert_eq!(pace(true, 224, square(224)).0, CPU_CHUNK);
        // A small network on large stored images: those are what counts.
        let (chunk, _) = pace(false, 32, square(1024));
        assert_eq!(chunk, 8);
        assert!(chunk * 3 * 1024 * 1024 * 4 < 128 << 20);
    }
}
