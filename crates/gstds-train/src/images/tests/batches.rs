use super::{device, noise};
use crate::{
    error::{Error, Result},
    images::{
        Augment, GatherImages, Geometry, ImageLoader, ImageSource, Limits, Normalisation,
        Residence, even_batches, pixels::PixelPool, stream::BATCHES_AHEAD,
    },
};
use burn::tensor::{Int, Tensor, TensorData};
use gstds_data::{ImageShape, Split};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

const SHAPE: ImageShape = ImageShape {
    height: 5,
    width: 5,
    channels: 3,
};

const IMAGES: usize = 22;

fn split() -> Split {
    let labels = (0..IMAGES).map(|i| (i * i % 7) as u16).collect();
    Split::new("train", SHAPE, noise(IMAGES * SHAPE.bytes()), labels, 7).unwrap()
}

fn kernel(side: usize, limits: Limits) -> Arc<GatherImages> {
    let geometry = Geometry {
        channels: SHAPE.channels,
        stored: SHAPE.width,
        side,
    };
    let normalisation = Normalisation::of(&split()).unwrap();
    let gpu = &device().gpu;
    Arc::new(GatherImages::new(gpu, geometry, &normalisation, limits))
}

/// Images of `source` as pictures of 4 pixels, or of another `side`.
fn loader(source: Arc<dyn ImageSource>, side: usize, residence: Residence) -> Result<ImageLoader> {
    let kernel = kernel(side, Limits::of(device()));
    let augment = Augment::default();
    ImageLoader::new(&kernel, &device().burn, source, augment, residence)
}

fn ints(values: &[i32]) -> Tensor<1, Int> {
    let data = TensorData::new(values.to_vec(), [values.len()]);
    Tensor::from_data(data, &device().burn)
}

/// Pictures and labels of two epochs, read at the end: every third batch whole, of the others some
/// rows. `binding` is the size of a buffer.
fn two_epochs(residence: Residence, binding: u64) -> Vec<(Vec<f32>, Vec<i32>)> {
    let limits = Limits {
        binding,
        ..Limits::of(device())
    };
    let kernel = kernel(4, limits);
    let augment: Augment = "flip,crop:1,rotate:15,brightness:0.2".parse().unwrap();
    let mut made = Vec::new();
    let source = Arc::new(split());
    let mut images = ImageLoader::new(&kernel, &device().burn, source, augment, residence).unwrap();
    for epoch in 0..2 {
        let order: Vec<i32> = (0..IMAGES as i32).map(|i| i * 5 % IMAGES as i32).collect();
        images
            .begin_epoch(&order, even_batches(order.len(), 8), epoch)
            .unwrap();
        for (place, rows) in order.chunks(8).enumerate() {
            let rows = ints(rows);
            let batch = images.batch().unwrap();
            // The list that a method leaves is work of Burn's that may still be pending.
            let kept = (place % 3 != 0).then(|| ints(&[4, 0, 2]) + 1);
            let chosen = match &kept {
                Some(kept) => rows.select(0, kept.clone()),
                None => rows,
            };
            let (pictures, labels) = batch.rows(&chosen, kept.as_ref()).unwrap();
            made.push((pictures * 2.0, labels + 1));
        }
        images.end_epoch();
    }
    let read = |(pictures, labels): (Tensor<4>, Tensor<1, Int>)| {
        let pictures = pictures.into_data().iter::<f32>().collect();
        (pictures, labels.into_data().iter::<i32>().collect())
    };
    let made = made.into_iter().map(read).collect();
    images.check_recorded().unwrap();
    made
}

#[test]
fn streamed_images_are_the_resident_ones_to_the_bit_in_one_buffer_and_in_several() {
    let resident = two_epochs(Residence::Device, 1 << 20);
    assert_eq!(resident.len(), 6);
    assert!(
        resident
            .iter()
            .all(|(pictures, _)| pictures.iter().all(|v| v.is_finite()))
    );
    let first: Vec<i32> = (0..8)
        .map(|i| ((i * 5 % 22) * (i * 5 % 22) % 7) + 1)
        .collect();
    assert_eq!(resident[0].1, first, "labels of the first batch, plus one");
    assert_ne!(
        resident[0].0, resident[3].0,
        "another epoch, other pictures"
    );
    // 75 bytes per image.
    for (residence, binding) in [
        (Residence::Stream, 1 << 20),
        (Residence::Stream, 300),
        (Residence::Device, 300),
        (Residence::Auto, 1 << 20),
    ] {
        assert!(
            two_epochs(residence, binding) == resident,
            "{residence} {binding}"
        );
    }
}

/// Counts what is read, and fails or panics at a row.
struct Counting {
    split: Split,
    read: AtomicUsize,
    bad: Option<(usize, bool)>,
}

impl Counting {
    fn new(bad: Option<(usize, bool)>) -> Self {
        Self {
            split: split(),
            read: AtomicUsize::new(0),
            bad,
        }
    }
}

impl ImageSource for Counting {
    fn len(&self) -> usize {
        self.split.len()
    }

    fn shape(&self) -> ImageShape {
        SHAPE
    }

    fn labels(&self) -> &[u16] {
        self.split.labels()
    }

    fn read(&self, rows: &[usize], into: &mut Vec<u8>) -> Result<()> {
        self.read.fetch_add(1, Ordering::SeqCst);
        match self.bad {
            Some((row, panics)) if rows.contains(&row) => {
                assert!(!panics, "row {row} makes the reader panic");
                Err(gstds_data::Error::Io {
                    action: "reading",
                    path: "images/017.jpg".into(),
                    source: io::Error::from(io::ErrorKind::NotFound),
                }
                .into())
            }
            _ => Ok(self.split.read(rows, into)?),
        }
    }
}

/// Asks for batches of two images until one fails; returns how many came, and the error.
fn until_an_error(source: Counting) -> (usize, Error) {
    let mut images = loader(Arc::new(source), 4, Residence::Stream).unwrap();
    let order: Vec<i32> = (0..IMAGES as i32).collect();
    images
        .begin_epoch(&order, even_batches(order.len(), 2), 0)
        .unwrap();
    let mut came = 0;
    loop {
        match images.batch() {
            Ok(_) => came += 1,
            Err(error) => return (came, error),
        }
    }
}

#[test]
fn an_error_of_the_reader_comes_with_its_batch_and_names_the_file() {
    let (came, error) = until_an_error(Counting::new(Some((13, false))));
    assert_eq!(came, 6, "the batches before it are sound");
    assert!(
        matches!(error, crate::Error::Data(gstds_data::Error::Io { .. })),
        "{error}"
    );
    assert!(error.to_string().contains("017.jpg"), "{error}");
}

#[test]
#[should_panic(expected = "row 5 makes the reader panic")]
fn a_panic_of_the_reader_is_one_of_the_loop() {
    until_an_error(Counting::new(Some((5, true))));
}

#[test]
fn a_resident_split_that_cannot_be_read_is_an_error_at_once() {
    let source = Arc::new(Counting::new(Some((13, false))));
    let found = loader(source, 4, Residence::Device).map(drop);
    let message = found.unwrap_err().to_string();
    assert!(message.contains("017.jpg"), "{message}");
}

#[test]
fn an_epoch_that_ends_early_ends_its_thread_and_reads_no_further_than_it_may() {
    let source = Arc::new(Counting::new(None));
    let mut images = loader(source.clone(), 4, Residence::Stream).unwrap();
    let order: Vec<i32> = (0..IMAGES as i32).collect();
    for epoch in 0..3 {
        images
            .begin_epoch(&order, even_batches(order.len(), 1), epoch)
            .unwrap();
        images.batch().unwrap();
        // One epoch is ended, the next replaced, the last dropped.
        if epoch == 0 {
            images.end_epoch();
        }
    }
    drop(images);
    assert_eq!(Arc::strong_count(&source), 1, "no thread holds it");
    // Of each epoch: one batch requested, those ahead, and one that found no room.
    let most = 3 * (1 + BATCHES_AHEAD + 1);
    let read = source.read.load(Ordering::SeqCst);
    assert!((3..=most).contains(&read), "{read} batches read");
}

#[test]
fn more_pictures_than_a_tensor_holds_are_refused_with_their_bytes() {
    let images = loader(Arc::new(split()), 4096, Residence::Device).unwrap();
    let most = images.most_rows();
    assert!(images.check_rows(most).is_ok());
    let message = images.check_rows(most + 1).unwrap_err().to_string();
    let needed = (most + 1) * 4 * 3 * 4096 * 4096;
    assert!(message.contains(&needed.to_string()), "{message}");
    assert!(message.contains("image_side"), "{message}");
}

#[test]
fn buffers_are_reused_once_their_last_reader_is_gone() {
    let gpu = &device().gpu.device;
    let pool = PixelPool::new(4, 75, Limits::of(device()));
    let first = Arc::new(pool.take(gpu).unwrap());
    let buffer = first.segments[0].buffer.clone();
    let reader = first.clone();
    drop(first);
    let second = pool.take(gpu).unwrap();
    assert_ne!(second.segments[0].buffer, buffer, "still read");
    drop(reader);
    let third = pool.take(gpu).unwrap();
    assert_eq!(third.segments[0].buffer, buffer);
}

#[test]
fn a_failure_while_burn_records_is_reported_once_by_the_next_batch() {
    let mut images = loader(Arc::new(split()), 4, Residence::Device).unwrap();
    // As the operation leaves it, where Burn runs it after the call returned.
    images.failure.note(Err("no memory".into()));
    let error = images.batch().map(drop).unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    assert!(error.to_string().contains("no memory"), "{error}");
    assert!(images.batch().is_ok());
}
