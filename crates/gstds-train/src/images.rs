//! Images of a split as pictures for a learner: kept on the device as bytes, or streamed there
//! batch by batch, and made into pictures by one kernel either way.

mod augment;
mod gather_images;
mod normalisation;
mod operation;
mod pixels;
mod residence;
mod stream;
#[cfg(test)]
mod tests;

pub use augment::Augment;
pub use residence::{Residence, predicted_bytes};

use crate::error::{Error, Result};
use burn::backend::Dispatch;
use burn::tensor::{Device, Int, Tensor, TensorData};
use gather_images::{Draw, GatherImages, Geometry};
use gstds_burn::GpuDevice;
use gstds_data::{Dataset, ImageShape, Split};
use normalisation::Normalisation;
use operation::{Call, Failure, ImagesBackend};
use pixels::{Pixels, Pool};
use residence::Limits;
use std::{
    sync::{Arc, PoisonError},
    thread::Scope,
    time::Duration,
};
use stream::Stream;

/// What images are read from.
pub(crate) trait Source: Sync {
    /// How many images.
    fn len(&self) -> usize;
    /// The shape that every image has.
    fn shape(&self) -> ImageShape;
    /// One label an image.
    fn labels(&self) -> &[u16];
    /// Appends the pixels of the images `rows` to `into`; see [`Split::read`].
    fn read(&self, rows: &[usize], into: &mut Vec<u8>) -> Result<()>;
}

impl Source for Split {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn shape(&self) -> ImageShape {
        Self::shape(self)
    }

    fn labels(&self) -> &[u16] {
        Self::labels(self)
    }

    fn read(&self, rows: &[usize], into: &mut Vec<u8>) -> Result<()> {
        Ok(Self::read(self, rows, into)?)
    }
}

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

/// The images of a data set of square ones, as pictures of `side` pixels: those to train on, with
/// their augmentation, and those to test on. Both are normalised by the moments of the former.
///
/// # Errors
/// As [`Images::new`].
pub(crate) fn both<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    device: &GpuDevice,
    dataset: &'env Dataset,
    (side, augment, residence): (usize, Augment, Residence),
) -> Result<[Images<'scope, 'env>; 2]> {
    let geometry = Geometry {
        channels: dataset.shape().channels,
        stored: dataset.shape().width,
        side,
    };
    let handles = (&device.gpu.device, &device.gpu.queue);
    let normalisation = Normalisation::of(&dataset.train)?;
    let kernel = GatherImages::new(handles, geometry, &normalisation, Limits::of(device));
    let place = (&Arc::new(kernel), &device.burn);
    let of = |split, augment| Images::new(scope, place, split, augment, residence);
    let train = of(&dataset.train, augment)?;
    Ok([train, of(&dataset.test, Augment::default())?])
}

/// A split's images and labels for a training loop, epoch by epoch and batch by batch.
///
/// Nothing of an epoch waits for the device; where images are streamed, [`Images::batch`] waits
/// for the thread that reads them, and [`Images::waited`] says how long.
pub(crate) struct Images<'scope, 'env> {
    kernel: Arc<GatherImages>,
    home: Home<'scope, 'env>,
    /// i32, one an image.
    labels: Tensor<1, Int>,
    augment: Augment,
    draw: Draw,
    failure: Failure,
    waited: Duration,
}

enum Home<'scope, 'env> {
    Device(Arc<Pixels>),
    Stream {
        scope: &'scope Scope<'scope, 'env>,
        source: &'env dyn Source,
        /// Where this epoch's batches go.
        pool: Option<Pool>,
        stream: Option<Stream<'scope>>,
    },
}

/// The images of one batch, on the device.
pub(crate) struct BatchImages {
    kernel: Arc<GatherImages>,
    pixels: Arc<Pixels>,
    /// Whether an image's slot is its row of the data set, not its position in the batch.
    by_row: bool,
    labels: Tensor<1, Int>,
    draw: Draw,
    failure: Failure,
}

impl<'scope, 'env> Images<'scope, 'env> {
    /// Uploads a split's labels and, where `residence` says so, its images. Threads that read
    /// images are started in `scope`. Costs reading every image of a resident split once.
    ///
    /// # Errors
    /// [`Error::ImageMemory`] before anything is uploaded, [`Error::ImageAllocation`], whatever
    /// reading the images returns.
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        (kernel, device): (&Arc<GatherImages>, &Device),
        source: &'env dyn Source,
        augment: Augment,
        residence: Residence,
    ) -> Result<Self> {
        let (images, shape) = (source.len(), source.shape());
        let home = if kernel.limits.resident(residence, images, shape)? {
            Home::Device(Arc::new(uploaded(kernel, source)?))
        } else {
            Home::Stream {
                scope,
                source,
                pool: None,
                stream: None,
            }
        };
        let labels: Vec<i32> = source.labels().iter().map(|&label| label.into()).collect();
        Ok(Self {
            kernel: kernel.clone(),
            home,
            labels: Tensor::from_data(TensorData::new(labels, [images]), device),
            augment,
            draw: Draw::default(),
            failure: Failure::default(),
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

    /// Where they lie, in a word.
    pub(crate) fn place(&self) -> &'static str {
        match self.home {
            Home::Device(_) => "device",
            Home::Stream { .. } => "stream",
        }
    }

    /// Most pictures that one call can make.
    pub(crate) fn most_rows(&self) -> usize {
        self.kernel.most_rows()
    }

    /// Refuses a batch of more pictures than [`Images::most_rows`].
    ///
    /// # Errors
    /// [`Error::ImageMemory`].
    pub(crate) fn check_rows(&self, rows: usize) -> Result<()> {
        check_rows(&self.kernel, rows)
    }

    /// Starts an epoch: rows of the data set in their order, the size of its batches, and the seed
    /// of its augmentation. A stream begins to read.
    ///
    /// # Errors
    /// [`Error::Thread`].
    pub(crate) fn begin_epoch(&mut self, order: &[i32], batch: usize, seed: u64) -> Result<()> {
        self.draw = Draw {
            augment: self.augment,
            seed,
        };
        let Home::Stream {
            scope,
            source,
            pool,
            stream,
        } = &mut self.home
        else {
            return Ok(());
        };
        // The thread of an epoch that ended early ends here.
        *stream = None;
        let room = batch.min(order.len());
        if pool.as_ref().is_none_or(|pool| pool.images() != room) {
            let bytes = self.kernel.geometry.image_bytes();
            *pool = Some(Pool::new(room, bytes, self.kernel.limits));
        }
        let order = order.iter().map(|&row| row as usize).collect();
        *stream = Some(Stream::start(scope, *source, order, batch)?);
        Ok(())
    }

    /// The next batch of the epoch; each is asked for once, in their order. A streamed one is
    /// waited for and handed to the queue.
    ///
    /// # Errors
    /// Whatever reading the batch returned, [`Error::ImageAllocation`], and [`Error::DeviceLost`]
    /// where pictures of an earlier batch could not be recorded.
    pub(crate) fn batch(&mut self) -> Result<BatchImages> {
        self.check_recorded()?;
        let (pixels, by_row) = match &mut self.home {
            Home::Device(pixels) => (pixels.clone(), true),
            Home::Stream { pool, stream, .. } => {
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
        if let Home::Stream { stream, .. } = &mut self.home {
            *stream = None;
        }
    }

    /// Says whether the pictures that Burn has made by now could be recorded.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], once for each failure.
    pub(crate) fn check_recorded(&self) -> Result<()> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match failure.take() {
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
    /// [`Error::ImageMemory`] for more rows than [`Images::most_rows`].
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
        let call = Arc::new(Call {
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
        what: "the pictures of one batch",
        needed: rows as u64 * picture,
        limit: "max_storage_buffer_binding_size",
        allowed: most as u64 * picture,
        remedy: "lower image_side, batch or the share kept",
    })
}

fn uploaded(kernel: &GatherImages, source: &dyn Source) -> Result<Pixels> {
    let bytes = kernel.geometry.image_bytes();
    let mut pixels = Pixels::allocate(&kernel.device, source.len(), bytes, &kernel.limits)?;
    pixels.fill(&kernel.device, &kernel.queue, |rows, into| {
        source.read(&rows.collect::<Vec<_>>(), into)
    })?;
    Ok(pixels)
}
