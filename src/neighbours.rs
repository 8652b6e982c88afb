//! The most similar rows of every row of a bank.

pub(crate) mod division;
mod kernels;
#[cfg(test)]
mod tests;
#[cfg(feature = "twin")]
pub(crate) mod twin;

use crate::{
    Error, Features, Result, Shape,
    error_scope::{Watch, checked},
    features::FeatureBindings,
    kernel::{Pipelines, pieces::PIECE_WORK},
    options::MAX_NEIGHBOURS,
    params::CallParams,
    path_choice::MAX_LOW_RANK_ROWS,
    recorder::{Parts, Recorder},
    transfer::read_back,
    workspace::check_device,
};
use division::{BlockDivision, Part};
use kernels::{SearchBuffers, SearchRecording, begin};
use std::num::NonZeroU32;

/// In a list of [`Neighbours`]: no further row. A row has fewer neighbours than asked for where the
/// bank has fewer valid rows besides it, and an invalid row has none.
pub const NO_NEIGHBOUR: u32 = u32::MAX;

/// What a search for neighbours looks for.
///
/// ```
/// let options = gstds::NeighbourOptions::default().neighbours(40).centred(true);
/// assert_eq!(options.neighbours, 40);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeighbourOptions {
    /// Neighbours of a row, by default 15: 1 to [`MAX_NEIGHBOURS`].
    pub neighbours: u32,
    /// Whether the mean of the valid rows is taken off before similarities are computed; by default
    /// it is not. Features of a network without negative values are all alike in their mean, and
    /// differ more clearly without it.
    pub centred: bool,
}

impl Default for NeighbourOptions {
    fn default() -> Self {
        Self {
            neighbours: 15,
            centred: false,
        }
    }
}

impl NeighbourOptions {
    /// The options with this many [`neighbours`](field@Self::neighbours).
    #[must_use]
    pub fn neighbours(mut self, neighbours: u32) -> Self {
        self.neighbours = neighbours;
        self
    }

    /// The options with rows [`centred`](field@Self::centred) or not.
    #[must_use]
    pub fn centred(mut self, centred: bool) -> Self {
        self.centred = centred;
        self
    }
}

/// The most similar rows of every row by cosine similarity, found exactly and without the n x n
/// matrix: block by block, in memory that the shape and the device's limits fix.
///
/// Of two rows as similar to a third, the one with the lower number comes first. Zero, NaN and
/// infinite rows have no neighbours and are nobody's; among centred rows neither are those that
/// equal the mean.
///
/// n²·d multiply-adds for n rows of d features; n is at most 1,048,576. The lists take 8·k·n bytes
/// for k neighbours, the workspace up to 64 MiB for similarities, twice the smaller of 4·n·d bytes
/// and the device's largest binding (at most 256 MiB) for unit rows, and 20 bytes a row.
///
/// ```
/// use gstds::{Features, NeighbourOptions, Neighbours, Shape, adapter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let gpu = adapter::open(&adapter::AdapterRequest::default())?;
/// // Four rows of two features: two directions, each twice.
/// let rows = [1.0f32, 0.0, 0.9, 0.1, 0.0, 1.0, 0.1, 0.9];
/// let bank = gpu.device.create_buffer(&wgpu::BufferDescriptor {
///     label: None,
///     size: 32,
///     usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
///     mapped_at_creation: false,
/// });
/// gpu.queue.write_buffer(&bank, 0, bytemuck::cast_slice(&rows));
///
/// let options = NeighbourOptions::default().neighbours(1);
/// let search = Neighbours::prepare(&gpu.device, Shape { rows: 4, features: 2 }, &options)?;
/// gpu.queue.submit(search.record(Features::new(&bank))?);
/// assert_eq!(search.read(&gpu.queue, 4)?.rows, [1, 0, 3, 2]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Neighbours {
    pipelines: Pipelines,
    shape: Shape,
    options: NeighbourOptions,
    division: BlockDivision,
    buffers: SearchBuffers,
}

/// One command buffer of a search.
enum Commands {
    Ready(wgpu::CommandBuffer),
    /// To be recorded.
    Of(Part),
}

/// The lists of a search, read back.
#[derive(Clone, Debug, PartialEq)]
pub struct NeighbourLists {
    /// Length of a list.
    pub neighbours: usize,
    /// Rows by falling similarity, [`NO_NEIGHBOUR`] past the last: a list a row, one after another.
    pub rows: Vec<u32>,
    /// Their similarities, 0 past the last.
    pub similarities: Vec<f32>,
}

impl Neighbours {
    /// Allocates for banks of up to `shape.rows` rows; submits nothing. Not available on wasm, where
    /// [`Neighbours::prepare_async`] is.
    ///
    /// # Errors
    /// [`Error::Neighbours`], [`Error::EmptyShape`], [`Error::TooManySearched`], a device below
    /// WebGPU's default limits, a buffer beyond the device's (with its predicted bytes),
    /// [`Error::OutOfMemory`] or [`Error::DeviceLost`].
    #[cfg(not(target_family = "wasm"))]
    pub fn prepare(
        device: &wgpu::Device,
        shape: Shape,
        options: &NeighbourOptions,
    ) -> Result<Self> {
        pollster::block_on(Self::prepare_async(device, shape, options))
    }

    /// The same without waiting: a browser reports later whether the device could allocate, and a
    /// native device at once.
    ///
    /// # Errors
    /// As [`Neighbours::prepare`].
    pub async fn prepare_async(
        device: &wgpu::Device,
        shape: Shape,
        options: &NeighbourOptions,
    ) -> Result<Self> {
        check(shape, options)?;
        let limits = device.limits();
        check_device(&limits)?;
        let division = BlockDivision::new(shape, &limits);
        let sizes = division.sizes(shape, options);
        sizes.check(&limits)?;
        let watch = Watch::start(device);
        let buffers = SearchBuffers::allocate(device, &sizes);
        watch.end(Some(sizes.total())).await?;
        Ok(Self {
            pipelines: Pipelines::new(device, &crate::Options::default(), None),
            shape,
            options: options.clone(),
            division,
            buffers,
        })
    }

    /// Bytes that [`Neighbours::prepare`] would allocate on a device with these limits.
    ///
    /// # Errors
    /// Those of the shape and the options, and a buffer beyond the limits (with its bytes).
    pub fn workspace_bytes(
        shape: Shape,
        options: &NeighbourOptions,
        limits: &wgpu::Limits,
    ) -> Result<u64> {
        check(shape, options)?;
        let sizes = BlockDivision::new(shape, limits).sizes(shape, options);
        sizes.check(limits)?;
        Ok(sizes.total())
    }

    /// Records a search in several command buffers, to be submitted in this order, none of them
    /// long enough for a driver's watchdog: a block of similarities each, of at most 2^36
    /// multiply-adds. Nothing is submitted or waited for. The first call compiles the kernels for the features' type.
    ///
    /// # Errors
    /// Bad strides, offsets and buffers, found before anything is recorded.
    pub fn record(&self, features: Features<'_>) -> Result<Vec<wgpu::CommandBuffer>> {
        self.record_each(features)?.collect()
    }

    /// The command buffers of [`Neighbours::record`], each of a block recorded when it is asked for.
    /// A million rows take some 65,000, which together would take much memory.
    ///
    /// # Errors
    /// As [`Neighbours::record`]; of a single one [`Error::OutOfMemory`] or [`Error::DeviceLost`].
    pub fn record_each<'a>(
        &'a self,
        features: Features<'_>,
    ) -> Result<impl ExactSizeIterator<Item = Result<wgpu::CommandBuffer>> + use<'a>> {
        let device = self.device();
        let features = self.bindings(features)?;
        let params = self.params(&features);
        let recording = checked(device, None, || SearchRecording::new(self, &features))?;
        let mut encoder = Parts::encoder(device);
        self.start(&params, &mut encoder)?;
        let (ready, last) = checked(device, None, || {
            let mut parts = Parts::new(device, encoder, NonZeroU32::MAX, PIECE_WORK);
            recording.rows(&mut Recorder::Parts(&mut parts));
            parts.finish_open()
        })?;
        // The first block follows what is known of the rows.
        let mut begun = Some(last);
        let parts = self.division.parts(features.rows).map(Commands::Of);
        let all: Vec<_> = ready
            .into_iter()
            .map(Commands::Ready)
            .chain(parts)
            .collect();
        Ok(all.into_iter().map(move |commands| {
            let part = match commands {
                Commands::Ready(commands) => return Ok(commands),
                Commands::Of(part) => part,
            };
            let mut encoder = begun.take().unwrap_or_else(|| Parts::encoder(device));
            checked(device, None, || recording.part(&mut encoder, &part))?;
            Ok(encoder.finish())
        }))
    }

    /// Records a search into one encoder, for banks that are searched in less time than the
    /// driver's watchdog allows a submission.
    ///
    /// # Errors
    /// As [`Neighbours::record`].
    pub fn encode(&self, encoder: &mut wgpu::CommandEncoder, features: Features<'_>) -> Result<()> {
        let features = self.bindings(features)?;
        let recording = checked(self.device(), None, || {
            SearchRecording::new(self, &features)
        })?;
        self.start(&self.params(&features), encoder)?;
        checked(self.device(), None, || {
            recording.rows(&mut Recorder::pass(&mut begin(encoder)));
            for part in self.division.parts(features.rows) {
                recording.part(encoder, &part);
            }
        })
    }

    fn bindings<'a>(&self, features: Features<'a>) -> Result<FeatureBindings<'a>> {
        let chunk_rows = self.division.tiling.chunk_rows();
        features.bindings(self.shape, &self.device().limits(), chunk_rows)
    }

    /// Records the parameters of a call.
    fn start(&self, params: &CallParams, encoder: &mut wgpu::CommandEncoder) -> Result<()> {
        let device = self.device();
        checked(device, None, || {
            encoder.clear_buffer(&self.buffers.sign_flags, 0, None);
            params.write(device, encoder, &self.buffers.params)
        })?
    }

    fn params(&self, features: &FeatureBindings<'_>) -> CallParams {
        CallParams {
            rows: features.rows,
            features: self.shape.features as u32,
            padded: self.division.padded as u32,
            leading: self.shape.rows.next_multiple_of(64) as u32,
            stride: features.stride,
            listed: features.list.is_some().into(),
            list_offset: features.list_offset,
            bank_rows: features.bank_rows,
            ..bytemuck::Zeroable::zeroed()
        }
    }

    /// The lists: u32, for each row as many as [`NeighbourOptions::neighbours`], most similar
    /// first, [`NO_NEIGHBOUR`] past the last.
    #[must_use]
    pub fn rows(&self) -> &wgpu::Buffer {
        &self.buffers.neighbour
    }

    /// Their similarities: f32, in the same places; 0 past the last.
    #[must_use]
    pub fn similarities(&self) -> &wgpu::Buffer {
        &self.buffers.neighbour_similarity
    }

    /// The options of the search.
    #[must_use]
    pub fn options(&self) -> &NeighbourOptions {
        &self.options
    }

    /// The shape that the search was prepared for.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The device that the buffers live on.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        self.pipelines.device()
    }

    /// The lists of the first `rows` rows of the last search submitted. The copies are submitted
    /// here; the future has them once the device has been polled after that, and borrows nothing.
    ///
    /// # Errors
    /// [`Error::ReadBack`], [`Error::OutOfMemory`], [`Error::DeviceLost`].
    pub fn read_async(
        &self,
        queue: &wgpu::Queue,
        rows: usize,
    ) -> impl Future<Output = Result<NeighbourLists>> + use<> {
        let neighbours = self.options.neighbours as usize;
        let count = rows.min(self.shape.rows) * neighbours;
        let device = self.device();
        let read = read_back(device, queue, "neighbours", self.rows(), count);
        let of = self.similarities();
        let similarities = read_back(device, queue, "similarities", of, count);
        async move {
            Ok(NeighbourLists {
                neighbours,
                rows: read.await?,
                similarities: similarities.await?,
            })
        }
    }

    /// Waits for [`Neighbours::read_async`]. Not available on wasm.
    ///
    /// # Errors
    /// As there.
    #[cfg(not(target_family = "wasm"))]
    pub fn read(&self, queue: &wgpu::Queue, rows: usize) -> Result<NeighbourLists> {
        let read = self.read_async(queue, rows);
        crate::transfer::wait(self.device(), "neighbours", read)
    }
}

impl NeighbourLists {
    /// The neighbours of a row with their similarities, most similar first.
    pub fn of(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let list = row * self.neighbours..(row + 1) * self.neighbours;
        let rows = self.rows[list.clone()].iter().copied();
        let similarities = self.similarities[list].iter().copied();
        rows.zip(similarities)
            .take_while(|(row, _)| *row != NO_NEIGHBOUR)
    }
}

fn check(shape: Shape, options: &NeighbourOptions) -> Result<()> {
    let Shape { rows, features } = shape;
    if rows == 0 || features == 0 {
        return Err(Error::EmptyShape { rows, features });
    }
    let limit = MAX_LOW_RANK_ROWS;
    if rows > limit {
        return Err(Error::TooManySearched { rows, limit });
    }
    let (neighbours, limit) = (options.neighbours, MAX_NEIGHBOURS);
    if neighbours == 0 || neighbours > limit {
        return Err(Error::Neighbours { neighbours, limit });
    }
    Ok(())
}
