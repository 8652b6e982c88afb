//! Rows of a pool that cover it.

mod greedy;
mod k_means;
mod medoids;
mod options;
mod runs;
#[cfg(all(test, feature = "twin"))]
mod tests;
#[cfg(feature = "twin")]
pub(crate) mod twin;

pub use options::{CoverageOptions, CoverageRule};

use crate::{
    Error, Features, Flags, Path, Result, Selector, Shape, Spectrum, Status,
    path_choice::MAX_LOW_RANK_ROWS, transfer::read_back, workspace::check_device,
};
use greedy::Greedy;
use medoids::Medoids;

/// Rows at most of a [`Coverage`].
pub const MAX_COVERED_ROWS: usize = MAX_LOW_RANK_ROWS;

/// Chooses rows of a pool that cover it, beside rows that were chosen before; see
/// [`CoverageRule`].
///
/// The rows are listed in the order of choice, so that any prefix is a selection, too: under medoids
/// by the size of their clusters, the largest first. Ties go to the lower row number. Where there
/// are fewer clusters than rows asked for, the rows farthest from their centres follow. Zero, NaN
/// and infinite rows come last, by number. Where all valid rows are alike, or (medoids, facility
/// location) no two are similar, rows at an even stride come first; where fewer than 3 rows are
/// valid, or no more than are chosen, all are in the order of their numbers, and so are all rows
/// where all are kept.
///
/// With n rows of d features, k rows chosen (those before included) and m vectors:
///
/// | rule | multiply-adds | bytes beside 4 to 60 a row | dispatches |
/// |---|---|---|---|
/// | medoids | those of the solve, 2·n·k·m to 26·n·k·m | the selection's workspace, 4m(n + k) | those of the solve, 2k + 300 |
/// | facility-location, matrix stored | n²d, and reads 4n² bytes about 2 + ln k times | 4n² + 4nd | 5k |
/// | facility-location | n²d about 2 + ln k times, and k·n·d | up to 64 MiB | 5k, and 2k for each further round: 3,600,000/d rows, or 2^36/nd where that is less (n/512 at least) |
/// | k-center | k·n·d | 4d | 4k |
///
/// On llvmpipe medoids take up to 24,576 clusters. The matrix of facility location is stored up to 16,384 rows where the device can bind it. A step
/// looks at those rows alone that the choice before covers better than all others did, so the greedy
/// choice is exact on either way: similarities are rounded to 2^-24, and sums of them are not.
///
/// ```
/// use gstds::{Coverage, CoverageOptions, CoverageRule, Features, Shape, adapter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let gpu = adapter::open(&adapter::AdapterRequest::default())?;
/// // Six rows of two features: two directions, the second one twice as often.
/// let rows = [1.0f32, 0.0, 0.9, 0.1, 0.0, 1.0, 0.1, 0.9, 0.0, 0.9, 0.1, 1.0];
/// let pool = gpu.device.create_buffer(&wgpu::BufferDescriptor {
///     label: None,
///     size: 48,
///     usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
///     mapped_at_creation: false,
/// });
/// gpu.queue.write_buffer(&pool, 0, bytemuck::cast_slice(&rows));
///
/// let options = CoverageOptions::new(CoverageRule::FacilityLocation);
/// let shape = Shape { rows: 6, features: 2 };
/// let mut coverage = Coverage::prepare(&gpu.device, shape, 2, &options)?;
/// // Two rows, without any chosen before.
/// gpu.queue.submit(coverage.record(Features::new(&pool), 2, &[])?);
/// let chosen = coverage.read(&gpu.queue)?;
/// assert!(chosen.kept[0] >= 2 && chosen.kept[1] < 2, "{:?}", chosen.kept);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Coverage {
    engine: Engine,
    device: wgpu::Device,
    shape: Shape,
    options: CoverageOptions,
    /// Rows that may be chosen, those given beforehand included.
    most: usize,
    call: Call,
}

#[derive(Debug)]
enum Engine {
    Medoids(Box<Medoids>),
    Greedy(Box<Greedy>),
}

/// What the last call fixed.
#[derive(Clone, Copy, Debug, Default)]
struct Call {
    rows: u32,
    /// Rows chosen, without those given beforehand.
    kept: u32,
    /// Rows given beforehand.
    already: u32,
}

/// What a [`Coverage`] chose, read back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CoverageSelection {
    /// The chosen rows, in the order of choice; those given beforehand are not among them.
    pub kept: Vec<u32>,
    /// The status of the call. What belongs to a graph is 0 under rules other than medoids.
    pub status: Status,
    /// Of all chosen rows, those given beforehand included: under facility location Σ_j max_i
    /// max(0, s_ij) over valid rows j; under k-center the largest cosine distance 1 − s of a valid
    /// row to its nearest chosen one. None under medoids, and where nothing distinguishes rows.
    pub objective: Option<f64>,
    /// Eigenvalues, under medoids where a graph was solved.
    pub spectrum: Option<Spectrum>,
    /// Scores along the Fiedler vector, under the same conditions.
    pub scores: Option<Vec<f32>>,
}

impl Coverage {
    /// Allocates for pools of up to `shape.rows` rows of which up to `most` are chosen, those given
    /// beforehand included; submits nothing. What [`CoverageOptions::vectors`] leaves open follows
    /// from `most`.
    ///
    /// # Errors
    /// [`Error::EmbeddingVectors`], [`Error::EmptyShape`], [`Error::NothingKept`],
    /// [`Error::TooManyRows`], those of [`Selector::new`](crate::Selector::new) and
    /// [`Selector::prepare`](crate::Selector::prepare) under medoids, a device below WebGPU's default
    /// limits, a buffer beyond the device's (with its predicted bytes), [`Error::OutOfMemory`] or
    /// [`Error::DeviceLost`].
    #[cfg(not(target_family = "wasm"))]
    pub fn prepare(
        device: &wgpu::Device,
        shape: Shape,
        most: usize,
        options: &CoverageOptions,
    ) -> Result<Self> {
        pollster::block_on(Self::prepare_async(device, shape, most, options))
    }

    /// The same without waiting. On native platforms the future is ready at once.
    ///
    /// # Errors
    /// As [`Coverage::prepare`].
    pub async fn prepare_async(
        device: &wgpu::Device,
        shape: Shape,
        most: usize,
        options: &CoverageOptions,
    ) -> Result<Self> {
        check(shape, most, options)?;
        check_device(&device.limits())?;
        let most = most.min(shape.rows);
        let engine = match options.rule {
            CoverageRule::Medoids => {
                let made = Medoids::new(device, shape, most, &options.spectral(most)).await?;
                Engine::Medoids(Box::new(made))
            }
            rule => {
                let by_gain = rule == CoverageRule::FacilityLocation;
                Engine::Greedy(Box::new(Greedy::new(device, shape, most, by_gain)?))
            }
        };
        Ok(Self {
            engine,
            device: device.clone(),
            shape,
            options: options.clone(),
            most,
            call: Call::default(),
        })
    }

    /// Bytes that [`Coverage::prepare`] would allocate on this device.
    ///
    /// # Errors
    /// Those of [`Coverage::prepare`] that need no allocation: of the shape, the options and the
    /// device's limits.
    pub fn workspace_bytes(
        device: &wgpu::Device,
        shape: Shape,
        most: usize,
        options: &CoverageOptions,
    ) -> Result<u64> {
        check(shape, most, options)?;
        let most = most.min(shape.rows);
        match options.rule {
            CoverageRule::Medoids => Medoids::bytes(device, shape, most, &options.spectral(most)),
            rule => {
                let by_gain = rule == CoverageRule::FacilityLocation;
                Greedy::bytes(&device.limits(), shape, most, by_gain)
            }
        }
    }

    /// How [`Coverage::prepare`] would hold the pairs of rows on this device: the path of the solve
    /// under medoids; else [`Path::Dense`] where they are stored, and [`Path::LowRank`] where they
    /// are not.
    ///
    /// # Errors
    /// As [`Coverage::workspace_bytes`].
    pub fn path_on(
        device: &wgpu::Device,
        shape: Shape,
        most: usize,
        options: &CoverageOptions,
    ) -> Result<Path> {
        check(shape, most, options)?;
        let most = most.min(shape.rows);
        match options.rule {
            CoverageRule::Medoids => Selector::new(device, &options.spectral(most))?.path(shape),
            rule => {
                let by_gain = rule == CoverageRule::FacilityLocation;
                let stored = Greedy::is_stored(&device.limits(), shape, most, by_gain);
                Ok(if stored { Path::Dense } else { Path::LowRank })
            }
        }
    }

    /// Records a choice of `count` rows, of fewer where there are no more, in command buffers to be
    /// submitted in this order; `already` are rows that were chosen before. Nothing is submitted or
    /// waited for. Each call may have another count, and overwrites what the one before left.
    ///
    /// # Errors
    /// Those of [`Coverage::count_of`], bad strides, offsets and buffers, found before anything is
    /// recorded.
    pub fn record(
        &mut self,
        features: Features<'_>,
        count: usize,
        already: &[u32],
    ) -> Result<Vec<wgpu::CommandBuffer>> {
        let rows = features.rows.unwrap_or(self.shape.rows);
        let kept = self.count_of(rows, count, already)?;
        let call = Call {
            rows: rows as u32,
            kept: kept as u32,
            already: already.len() as u32,
        };
        let commands = match &mut self.engine {
            Engine::Medoids(medoids) => medoids.record(features, call, already)?,
            Engine::Greedy(greedy) => greedy.record(features, call, already)?,
        };
        self.call = call;
        Ok(commands)
    }

    /// Rows that [`Coverage::record`] chooses where it is called with `rows` rows, this count and
    /// these rows chosen before, so that a caller knows before it records.
    ///
    /// # Errors
    /// [`Error::EmptyShape`] for no rows, [`Error::RowsBeyondShape`] for more than the coverage was
    /// prepared for, [`Error::NothingKept`] for a count of 0, [`Error::NoSuchRow`] and
    /// [`Error::AlreadyTwice`] for rows chosen before that are none or listed twice,
    /// [`Error::NoneLeft`] where these are all rows, and [`Error::TooManyChosen`] for more rows to
    /// choose than the coverage was prepared for.
    pub fn count_of(&self, rows: usize, count: usize, already: &[u32]) -> Result<usize> {
        let Shape {
            rows: prepared,
            features,
        } = self.shape;
        if rows == 0 {
            return Err(Error::EmptyShape { rows, features });
        }
        if rows > prepared {
            return Err(Error::RowsBeyondShape { rows, prepared });
        }
        if count == 0 {
            return Err(Error::NothingKept { rows });
        }
        check_already(already, rows)?;
        let kept = count.min(rows - already.len());
        let (chosen, prepared) = (kept + already.len(), self.most);
        if chosen > prepared {
            return Err(Error::TooManyChosen { chosen, prepared });
        }
        Ok(kept)
    }

    /// Seed of the calls recorded after this, in place of [`CoverageOptions::seed`]. Rules other than
    /// medoids draw nothing, so under them it changes nothing.
    pub fn reseed(&mut self, seed: u64) {
        if let Engine::Medoids(medoids) = &mut self.engine {
            medoids.reseed(seed);
        }
    }

    /// The rows that the last call chose, in the order of choice: u32, then zeros.
    #[must_use]
    pub fn kept(&self) -> &wgpu::Buffer {
        match &self.engine {
            Engine::Medoids(medoids) => medoids.kept(),
            Engine::Greedy(greedy) => greedy.kept(),
        }
    }

    /// Rows that the last recorded call chooses.
    #[must_use]
    pub fn count(&self) -> usize {
        self.call.kept as usize
    }

    /// The cluster of each row of the last call, once it has been submitted: a number below that of
    /// the rows chosen, those given beforehand included, and this number for rows that are zero, NaN
    /// or infinite. None under rules other than medoids. Where no graph was solved the clusters mean
    /// nothing. The copy is submitted here; the future has it once the device has been polled after
    /// that, and borrows nothing.
    ///
    /// # Errors
    /// [`Error::ReadBack`], [`Error::OutOfMemory`], [`Error::DeviceLost`].
    pub fn read_clusters_async(
        &self,
        queue: &wgpu::Queue,
    ) -> impl Future<Output = Result<Option<Vec<u32>>>> + use<> {
        let rows = self.call.rows as usize;
        let read = match &self.engine {
            Engine::Medoids(medoids) => {
                let of = medoids.assigned();
                Some(read_back(&self.device, queue, "clusters of rows", of, rows))
            }
            Engine::Greedy(_) => None,
        };
        async move {
            match read {
                Some(read) => read.await.map(Some),
                None => Ok(None),
            }
        }
    }

    /// Waits for [`Coverage::read_clusters_async`]. Not available on wasm.
    ///
    /// # Errors
    /// As there.
    #[cfg(not(target_family = "wasm"))]
    pub fn read_clusters(&self, queue: &wgpu::Queue) -> Result<Option<Vec<u32>>> {
        let read = self.read_clusters_async(queue);
        crate::transfer::wait(&self.device, "clusters of rows", read)
    }

    /// The options of the coverage.
    #[must_use]
    pub fn options(&self) -> &CoverageOptions {
        &self.options
    }

    /// The shape that the coverage was prepared for.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The device that the buffers live on.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// What the last call recorded and submitted chose. The copies are submitted here; the future has
    /// them once the device has been polled after that, and borrows nothing.
    ///
    /// # Errors
    /// [`Error::NonPositiveDegree`] under medoids; with [`Options::strict`](field@crate::Options::strict)
    /// in the graph's options [`Error::InvalidRows`]; [`Error::ReadBack`], [`Error::OutOfMemory`],
    /// [`Error::DeviceLost`].
    pub fn read_async(
        &self,
        queue: &wgpu::Queue,
    ) -> impl Future<Output = Result<CoverageSelection>> + use<> {
        let (medoids, greedy) = match &self.engine {
            Engine::Medoids(medoids) => (Some(medoids.read_async(queue, self.call)), None),
            Engine::Greedy(greedy) => (None, Some(greedy.read_async(queue, self.call))),
        };
        let strict = self.options.graph.strict;
        async move {
            let found = match (medoids, greedy) {
                (Some(medoids), _) => medoids.await?,
                (None, Some(greedy)) => greedy.await?,
                (None, None) => unreachable!("one of the two engines"),
            };
            let status = found.status.check(strict)?;
            Ok(CoverageSelection { status, ..found })
        }
    }

    /// Waits for [`Coverage::read_async`]. Not available on wasm.
    ///
    /// # Errors
    /// As there.
    #[cfg(not(target_family = "wasm"))]
    pub fn read(&self, queue: &wgpu::Queue) -> Result<CoverageSelection> {
        crate::transfer::wait(&self.device, "chosen rows", self.read_async(queue))
    }
}

/// What a count of valid rows says of a call that chooses this many.
fn flags_of(call: Call, valid: u32, alike: bool, edgeless: bool) -> Flags {
    let wanted = call.kept + call.already;
    let all = wanted >= call.rows;
    let few = !all && (valid < 3 || valid <= wanted);
    let solved = !all && !few;
    [
        (all, Flags::KEPT_ALL),
        (few, Flags::FEW_VALID),
        (valid < call.rows, Flags::INVALID_ROWS),
        (solved && alike, Flags::ALL_ALIKE),
        (solved && !alike && edgeless, Flags::NO_EDGES),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .fold(Flags::default(), |flags, (_, flag)| flags | flag)
}

fn check(shape: Shape, most: usize, options: &CoverageOptions) -> Result<()> {
    let Shape { rows, features } = shape;
    if rows == 0 || features == 0 {
        return Err(Error::EmptyShape { rows, features });
    }
    if most == 0 {
        return Err(Error::NothingKept { rows });
    }
    let limit = MAX_COVERED_ROWS;
    if rows > limit {
        return Err(Error::TooManyRows { rows, limit });
    }
    options.check()
}

/// That rows given beforehand are rows of the pool, each once, and not all of them.
fn check_already(already: &[u32], rows: usize) -> Result<()> {
    let mut seen = vec![false; rows];
    for &row in already {
        let last = rows.saturating_sub(1) as u32;
        let place = seen.get_mut(row as usize);
        let place = place.ok_or(Error::NoSuchRow { row, last })?;
        if std::mem::replace(place, true) {
            return Err(Error::AlreadyTwice { row });
        }
    }
    if already.len() == rows {
        return Err(Error::NoneLeft { rows });
    }
    Ok(())
}
