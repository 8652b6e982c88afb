//! The images of a split as pictures, the learner's input: kept on the device as bytes, or streamed
//! there batch by batch. One kernel turns either into pictures.

mod augment;
mod gather_images;
mod normalisation;
mod operation;
mod pixels;
mod residence;
mod source;
mod stream;
#[cfg(test)]
mod tests;

pub use augment::Augment;
pub use residence::{Residence, predicted_bytes};

use crate::error::{Error, Result};
use burn::backend::Dispatch;
use burn::tensor::{Device, Int, Tensor, TensorData};
use gather_images::{Draw, GatherImages, Geometry};
use gstds_burn::{GpuDevice, device_tensor::FailureSlot};
use gstds_data::{Dataset, Split};
use normalisation::Normalisation;
use operation::{GatherCall, ImagesBackend};
use pixels::{PixelBuffers, PixelPool};
use residence::Limits;
use source::ImageSource;
use std::{sync::Arc, time::Duration};
use stream::Stream;

/// Bytes that a data set keeps on a device: of resident splits images and labels, of streamed ones
/// the labels.
///
/// # Errors
/// [`Error::ImageMemory`] where the device has no buffers for them.
pub(crate) fn kept_bytes(
    device: &GpuDevice,
    dataset: &Dataset,
    residence: Residence,
) -> Result<u64> {
    let limits = Limits::of(device);
    let mut bytes = 0;
    for split in [&dataset.train, &dataset.test] {
        let (images, shape) = (split.len(), split.shape());
        bytes += match limits.resident(residence, images, shape)? {
            true => predicted_bytes(images, shape),
            false => 4 * images as u64,
        };
    }
    Ok(bytes)
}

/// How the learner's input is made from stored images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ImageOptions {
    /// Side of the learner's images, in pixels.
    pub side: usize,
    /// Of training images.
    pub augment: Augment,
    pub residence: Residence,
}

/// Loaders of a data set's training images, with augmentation, and of its test images. Both are
/// normalised by the moments of the training images. Stored images must be square.
///
/// # Errors
/// As [`ImageLoader::new`].
pub(crate) fn loaders(
    device: &GpuDevice,
    dataset: &Dataset,
    options: ImageOptions,
) -> Result<[ImageLoader; 2]> {
    let geometry = Geometry {
        channels: dataset.shape().channels,
        stored: dataset.shape().width,
        side: options.side,
    };
    let normalisation = Normalisation::of(&dataset.train)?;
    let kernel = GatherImages::new(&device.gpu, geometry, &normalisation, Limits::of(device));
    let kernel = Arc::new(kernel);
    let loader = |split: &Split, augment| {
        let source = Arc::new(split.clone());
        ImageLoader::new(&kernel, &device.burn, source, augment, options.residence)
    };
    let train = loader(&dataset.train, options.augment)?;
    Ok([train, loader(&dataset.test, Augment::default())?])
}

/// A split's images and labels for a training loop, epoch by epoch and batch by batch.
///
/// Nothing of an epoch waits for the device; where images are streamed, [`ImageLoader::batch`]
/// waits for the thread that reads them, and [`ImageLoader::waited`] returns how long.
pub(crate) struct ImageLoader {
    kernel: Arc<GatherImages>,
    store: Store,
    /// i32, one per image.
    labels: Tensor<1, Int>,
    augment: Augment,
    draw: Draw,
    failure: FailureSlot,
    waited: Duration,
}

enum Store {
    Device(Arc<PixelBuffers>),
    Stream {
        source: Arc<dyn ImageSource>,
        /// Buffers for this epoch's batches.
        pool: Option<PixelPool>,
        stream: Option<Stream>,
    },
}

/// The images of one batch, on the device.
pub(crate) struct BatchImages {
    kernel: Arc<GatherImages>,
    pixels: Arc<PixelBuffers>,
    /// Whether an image's slot is its row of the data set, not its position in the batch.
    by_row: bool,
    labels: Tensor<1, Int>,
    draw: Draw,
    failure: FailureSlot,
}

/// The sizes of batches of `batch` rows, at least 1, the last as small as the rest is.
pub(crate) fn even_batches(rows: usize, batch: usize) -> Vec<usize> {
    let starts = (0..rows).step_by(batch);
    starts.map(|start| batch.min(rows - start)).collect()
}

impl ImageLoader {
    /// Uploads a split's labels and, depending on `residence`, its images. Costs reading every
    /// image of a resident split once.
    ///
    /// # Errors
    /// [`Error::ImageMemory`] before anything is uploaded, [`Error::ImageAllocation`], whatever
    /// reading the images returns.
    pub(crate) fn new(
        kernel: &Arc<GatherImages>,
        device: &Device,
        source: Arc<dyn ImageSource>,
        augment: Augment,
        residence: Residence,
    ) -> Result<Self> {
        let (images, shape) = (source.len(), source.shape());
        let labels: Vec<i32> = source.labels().iter().map(|&label| label.into()).collect();
        let store = if kernel.limits.resident(residence, images, shape)? {
            Store::Device(Arc::new(uploaded(kernel, source.as_ref())?))
        } else {
            Store::Stream {
                source,
                pool: None,
                stream: None,
            }
        };
        Ok(Self {
            kernel: kernel.clone(),
            store,
            labels: Tensor::from_data(TensorData::new(labels, [images]), device),
            augment,
            draw: Draw::default(),
            failure: FailureSlot::default(),
            waited: Duration::ZERO,
        })
    }

    /// How many images there are.
    pub(crate) fn len(&self) -> usize {
        self.labels.dims()[0]
    }

    /// The device they are on.
    pub(crate) fn device(&self) -> Device {
        self.labels.device()
    }

    /// Where the images are: `device` or `stream`.
    pub(crate) fn place(&self) -> &'static str {
        match self.store {
            Store::Device(_) => "device",
            Store::Stream { .. } => "stream",
        }
    }

    /// Most pictures that one call can make.
    pub(crate) fn most_rows(&self) -> usize {
        self.kernel.most_rows()
    }

    /// Refuses a batch of more pictures than [`ImageLoader::most_rows`].
    ///
    /// # Errors
    /// [`Error::ImageMemory`].
    pub(crate) fn check_rows(&self, rows: usize) -> Result<()> {
        check_rows(&self.kernel, rows)
    }

    /// Starts an epoch: rows of the data set in their order, the size of each batch, and the seed of
    /// its augmentation. A stream begins to read.
    ///
    /// # Errors
    /// [`Error::Thread`].
    pub(crate) fn begin_epoch(
        &mut self,
        order: &[i32],
        batches: Vec<usize>,
        seed: u64,
    ) -> Result<()> {
        self.draw = Draw {
            augment: self.augment,
            seed,
        };
        let Store::Stream {
            source,
            pool,
            stream,
        } = &mut self.store
        else {
            return Ok(());
        };
        // The thread of an epoch that ended early ends here.
        *stream = None;
        let room = batches.iter().copied().max().unwrap_or(0);
        if pool.as_ref().is_none_or(|pool| pool.images() != room) {
            let bytes = self.kernel.geometry.image_bytes();
            *pool = Some(PixelPool::new(room, bytes, self.kernel.limits));
        }
        let order = order.iter().map(|&row| row as usize).collect();
        *stream = Some(Stream::start(source.clone(), order, batches)?);
        Ok(())
    }

    /// The next batch of the epoch; each is requested once, in order. A streamed one is
    /// waited for and queued.
    ///
    /// # Errors
    /// Whatever reading the batch returned, [`Error::ImageAllocation`], and [`Error::DeviceLost`]
    /// where pictures of an earlier batch could not be recorded.
    pub(crate) fn batch(&mut self) -> Result<BatchImages> {
        self.check_recorded()?;
        let (pixels, by_row) = match &mut self.store {
            Store::Device(pixels) => (pixels.clone(), true),
            Store::Stream { pool, stream, .. } => {
                let (Some(pool), Some(stream)) = (pool, stream) else {
                    unreachable!("a batch belongs to an epoch");
                };
                let (bytes, waited) = stream.next()?;
                self.waited += waited;
                let mut pixels = pool.take(&self.kernel.device)?;
                pixels.write(&self.kernel.queue, &bytes);
                stream.give_back(bytes);
                (Arc::new(pixels), false)
            }
        };
        Ok(BatchImages {
            kernel: self.kernel.clone(),
            pixels,
            by_row,
            labels: self.labels.clone(),
            draw: self.draw,
            failure: self.failure.clone(),
        })
    }

    /// Ends an epoch, at its end or before it.
    pub(crate) fn end_epoch(&mut self) {
        if let Store::Stream { stream, .. } = &mut self.store {
            *stream = None;
        }
    }

    /// Reports pictures that could not be recorded when Burn ran them.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], once for each failure.
    pub(crate) fn check_recorded(&self) -> Result<()> {
        match self.failure.take() {
            Some(reason) => Err(Error::DeviceLost { reason }),
            None => Ok(()),
        }
    }

    /// How long batches were waited for, all epochs together.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }
}

impl BatchImages {
    /// Pictures (f32, `[rows, channels, side, side]`, normalised, without gradients) and labels of
    /// some rows of the batch, given as rows of the data set and as positions in the batch, both
    /// i32; without positions, of the whole batch in its order.
    ///
    /// # Errors
    /// [`Error::ImageMemory`] for more rows than [`ImageLoader::most_rows`].
    pub(crate) fn rows(
        &self,
        rows: &Tensor<1, Int>,
        positions: Option<&Tensor<1, Int>>,
    ) -> Result<(Tensor<4>, Tensor<1, Int>)> {
        let count = rows.dims()[0];
        check_rows(&self.kernel, count)?;
        let slots = match positions {
            _ if self.by_row => rows.clone(),
            Some(positions) => positions.clone(),
            None => Tensor::arange(0..count as i64, &rows.device()),
        };
        let call = Arc::new(GatherCall {
            kernel: self.kernel.clone(),
            pixels: self.pixels.clone(),
            rows: count,
            draw: self.draw,
            failure: self.failure.clone(),
        });
        let list = |list: Tensor<1, Int>| list.without_autodiff().into_dispatch();
        let pictures = Dispatch::gather_images(list(rows.clone()), list(slots), call);
        let labels = self.labels.clone().select(0, rows.clone());
        Ok((Tensor::from_dispatch(pictures), labels))
    }
}

fn check_rows(kernel: &GatherImages, rows: usize) -> Result<()> {
    let most = kernel.most_rows();
    if rows <= most {
        return Ok(());
    }
    let picture = 4 * kernel.geometry.values() as u64;
    Err(Error::ImageMemory {
        what: "the images of one batch",
        needed: rows as u64 * picture,
        limit: "max_storage_buffer_binding_size",
        allowed: most as u64 * picture,
        remedy: "lower image_side, batch or the share kept",
    })
}

fn uploaded(kernel: &GatherImages, source: &dyn ImageSource) -> Result<PixelBuffers> {
    let bytes = kernel.geometry.image_bytes();
    let mut pixels = PixelBuffers::allocate(&kernel.device, source.len(), bytes, &kernel.limits)?;
    pixels.fill(&kernel.device, &kernel.queue, |rows, into| {
        source.read(&rows.collect::<Vec<_>>(), into)
    })?;
    Ok(pixels)
}
