//! Feature banks: one feature row an image, computed once, because the reference never changes.

use crate::data::Split;
use crate::error::{Error, Result};
use crate::reference::Reference;
use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// The bank of the embedded data set's training images; assets/README.md tells how it was made.
const EMBEDDED: &[u8] = include_bytes!("../../../assets/fashion-mnist-features.safetensors");

/// Side to which the embedded data set's 28x28 images are enlarged for the reference model.
///
/// assets/README.md has the accuracies and times from which it was chosen.
pub const EMBEDDED_INPUT_SIDE: usize = 128;

/// Images in flight on a GPU: enough to fill it, few enough for 128 MiB bindings at side 224.
const GPU_CHUNK: usize = 16;
/// Images a worker takes at a time on the CPU; more would leave the caches.
const CPU_CHUNK: usize = 4;

/// Marks the file format in the header; the number grows when the layout changes.
const FORMAT: &str = "gstds-feature-bank-1";

/// Features of all images of a split, `[rows, width]`, f16 on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureBank {
    width: usize,
    values: Vec<f16>,
    key: String,
}

/// How far the computation of a bank is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Images done.
    pub done: usize,
    /// Images in all.
    pub total: usize,
}

/// What a bank depends on: SHA-256, in hex, over the reference model's name and weights, its
/// preprocessing, and the images' pixels. Labels play no part.
pub fn bank_key(reference: &dyn Reference, images: &Split) -> String {
    let parts = [
        FORMAT,
        reference.name(),
        reference.weights_sha256(),
        &reference.preprocess().describe(),
        &images.pixel_fingerprint(),
    ];
    crate::hash::sha256(parts.join("\n").as_bytes())
}

impl FeatureBank {
    /// The bank that ships in the binary, for the training images of
    /// [`data::embedded`](crate::data::embedded) at [`EMBEDDED_INPUT_SIDE`].
    ///
    /// # Errors
    /// [`Error::Bank`] when the file in the binary is damaged.
    pub fn embedded() -> Result<Self> {
        Self::from_bytes("the binary", EMBEDDED)
    }

    /// Computes the features of `images` on `device`, which must be the one `reference` lives on.
    ///
    /// On Burn's CPU backend every core takes part. `progress` is called on this thread, after
    /// each chunk.
    ///
    /// # Errors
    /// [`Error::InputChannels`] for images that are neither grey nor RGB, [`Error::NotFinite`]
    /// when a feature is no number or beyond f16, [`Error::Readback`] when the device fails.
    pub fn compute(
        reference: &dyn Reference,
        images: &Split,
        device: &Device,
        mut progress: impl FnMut(Progress),
    ) -> Result<Self> {
        let on_cpu = *device == Device::flex();
        let chunk = if on_cpu { CPU_CHUNK } else { GPU_CHUNK };
        let workers = if on_cpu {
            std::thread::available_parallelism().map_or(1, usize::from)
        } else {
            1
        };
        let total = images.len();
        let width = reference.width();
        let mut values = vec![f16::ZERO; total * width];
        let next = AtomicUsize::new(0);
        let (sender, chunks) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..workers.min(total.div_ceil(chunk)) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    while let Some(rows) = claim(next, chunk, total) {
                        let features = features_of(reference, images, rows.clone(), device);
                        let failed = features.is_err();
                        // The receiver leaves only after a failure, which ends this worker too.
                        if sender.send((rows, features)).is_err() || failed {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut done = 0;
            for (rows, features) in chunks {
                done += rows.len();
                values[rows.start * width..rows.end * width].copy_from_slice(&features?);
                progress(Progress { done, total });
            }
            Ok::<_, Error>(())
        })?;
        Ok(Self {
            width,
            values,
            key: bank_key(reference, images),
        })
    }

    /// How many images.
    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// Features per image.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The features of image `row`.
    ///
    /// # Panics
    /// When `row` is not below [`FeatureBank::rows`], as indexing a slice does.
    pub fn row(&self, row: usize) -> &[f16] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// What it was computed from, see [`bank_key`].
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The bank on `device`: f32, `[rows, width]`, not normalised (the selector does that).
    pub fn to_tensor(&self, device: &Device) -> Tensor<2> {
        let values: Vec<f32> = self.values.iter().map(|v| v.to_f32()).collect();
        let device = device.clone().without_autodiff();
        Tensor::from_data(TensorData::new(values, [self.rows(), self.width]), &device)
    }

    /// The safetensors file of this bank: tensor `features`, F16, with its key and a checksum.
    ///
    /// # Errors
    /// [`Error::Bank`] when it passes what the format can describe.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let unfit = |e: safetensors::SafeTensorError| bank_error("memory", e.to_string());
        let data: Vec<u8> = self.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let view =
            TensorView::new(Dtype::F16, vec![self.rows(), self.width], &data).map_err(unfit)?;
        // One entry only: the order of several is random, and the file would not be reproducible.
        let note = format!("{FORMAT} {} {}", self.key, crate::hash::sha256(&data));
        let header = HashMap::from([("gstds".to_owned(), note)]);
        safetensors::serialize([("features", view)], Some(header)).map_err(unfit)
    }

    /// Reads what [`FeatureBank::to_bytes`] wrote and checks it; `origin` serves the error message.
    ///
    /// # Errors
    /// [`Error::Bank`] says what is wrong with the file.
    pub fn from_bytes(origin: &str, bytes: &[u8]) -> Result<Self> {
        let bad = |reason: &str| bank_error(origin, reason.into());
        let (_, header) =
            SafeTensors::read_metadata(bytes).map_err(|e| bank_error(origin, e.to_string()))?;
        let file =
            SafeTensors::deserialize(bytes).map_err(|e| bank_error(origin, e.to_string()))?;
        let note = header.metadata().as_ref().and_then(|m| m.get("gstds"));
        let note = note.ok_or_else(|| bad("its header has no entry `gstds`"))?;
        let parts: Vec<&str> = note.split(' ').collect();
        let Some([FORMAT, key, checksum]) = parts.first_chunk() else {
            return Err(bank_error(
                origin,
                format!("its header says `{note}`, not `{FORMAT} ...`"),
            ));
        };
        let view = file
            .tensor("features")
            .map_err(|_| bad("it has no tensor `features`"))?;
        let &[_, width] = view.shape() else {
            return Err(bank_error(
                origin,
                format!("its shape is {:?}, not 2 extents", view.shape()),
            ));
        };
        if view.dtype() != Dtype::F16 || width == 0 {
            return Err(bank_error(
                origin,
                format!("it holds {:?} x {width}, not F16", view.dtype()),
            ));
        }
        if crate::hash::sha256(view.data()) != *checksum {
            return Err(bad("its checksum does not match its contents"));
        }
        let pairs = view.data().as_chunks::<2>().0.iter();
        let values = pairs.map(|b| f16::from_le_bytes(*b)).collect();
        Ok(Self {
            width,
            values,
            key: (*key).into(),
        })
    }
}

fn bank_error(origin: &str, reason: String) -> Error {
    Error::Bank {
        origin: origin.into(),
        reason,
    }
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
    device: &Device,
) -> Result<Vec<f16>> {
    let device = device.clone().without_autodiff();
    let mut pixels = Vec::new();
    images.read(&Vec::from_iter(rows.clone()), &mut pixels)?;
    let input = reference
        .preprocess()
        .apply(&pixels, images.shape(), &device)?;
    let features = reference
        .features(input)?
        .try_into_vec_as::<f32>()
        .map_err(|e| Error::Readback {
            first: rows.start,
            last: rows.end - 1,
            reason: e.to_string(),
        })?;
    let halves: Vec<f16> = features.iter().map(|&v| f16::from_f32(v)).collect();
    match halves.iter().position(|v| !v.is_finite()) {
        None => Ok(halves),
        Some(at) => Err(Error::NotFinite {
            model: reference.name(),
            image: rows.start + at / reference.width(),
            feature: at % reference.width(),
            value: features[at],
        }),
    }
}

#[cfg(test)]
#[path = "bank/tests.rs"]
mod tests;
