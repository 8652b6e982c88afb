//! How many bytes each buffer of a shape needs, and whether a device can hold them.

use crate::{
    Affinity, Dtype, Error, MAX_GRAPHS, MAX_ROWS, Options, Path, Result, Shape,
    features::FeatureBindings,
    fiedler::{
        delayed,
        spread::{is_spread, overlap_bytes},
    },
    kernel::pieces::PIECE_WORK,
    low_rank::{Tiling, has_dual},
    params::CallParams,
    path_choice::{self, Processor},
    transfer::check_size,
};

/// Bytes of a binding at most, whatever the device's limits: shaders number bytes and words in 32
/// bits, so that no index of theirs wraps within a buffer that is let through.
const SHADER_BYTES: u64 = u32::MAX as u64;

/// Rows of a similarity tile; matrices are padded to it.
pub(super) const TILE: usize = 64;
/// Features of a similarity slab.
const SLAB: usize = 16;

/// Up to this many rows, every row is compared with every other, in two dispatches; beyond, they
/// are sorted, in seventeen. On llvmpipe the two take the same time between 1024 and 2048 rows (at
/// 4096, 47 ms against 13); the bound lies above, because launches cost a GPU more than
/// comparisons.
pub(crate) const COMPARED_ROWS: usize = 4096;
/// Rows of a workgroup of the radix sort, as in `shaders/shared/radix.wgsl`.
pub(crate) const RADIX_TILE: u32 = 2048;

/// Sizes that follow from a shape and the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkspaceSizes {
    pub shape: Shape,
    /// The path taken.
    pub path: Path,
    /// Rows padded to a tile: the stride of matrices and of basis vectors.
    pub leading: usize,
    /// Features padded to a slab.
    pub padded: usize,
    /// How the low-rank path divides its work.
    pub tiling: Tiling,
    /// Graphs that each have such a shape.
    pub graphs: usize,
    /// Work of a dispatch at most, about.
    pub piece_work: u64,
    /// Whether the lanes that compute a tile of similarities share its features.
    pub splits_features: bool,
    /// Teams of a workgroup where a solver step is one dispatch.
    pub delayed_teams: Option<u32>,
    pub(super) basis_rows: usize,
    pub(super) vectors: usize,
    pub(super) spectral: bool,
    dual: bool,
    spread: bool,
    searches: bool,
    /// Bytes of an entry of the unit rows and of the similarity matrix.
    entry_bytes: u64,
    /// Neighbours of a row where the graph is sparse.
    pub(super) neighbours: Option<usize>,
}

impl WorkspaceSizes {
    /// On the path that a GPU takes.
    pub fn new(shape: Shape, options: &Options) -> Result<Self> {
        Self::on(Processor::Gpu, shape, options)
    }

    /// On the path that this kind of device takes.
    pub fn on(processor: Processor, shape: Shape, options: &Options) -> Result<Self> {
        let Shape { rows, features } = shape;
        if rows == 0 || features == 0 {
            return Err(Error::EmptyShape { rows, features });
        }
        if rows > MAX_ROWS {
            let limit = MAX_ROWS;
            return Err(Error::TooManyRows { rows, limit });
        }
        let path = path_choice::choose(shape, options, processor)?;
        Ok(Self {
            shape,
            path,
            splits_features: rows <= processor.split_rows(),
            delayed_teams: delayed::teams(options, rows, processor).filter(|_| path == Path::Dense),
            leading: rows.next_multiple_of(TILE),
            padded: features
                .checked_next_multiple_of(SLAB)
                .unwrap_or(usize::MAX),
            tiling: Tiling::new(rows, features),
            graphs: 1,
            piece_work: PIECE_WORK,
            basis_rows: options.basis_rows() as usize,
            vectors: options.vectors as usize,
            dual: has_dual(options),
            spread: is_spread(options.laplacian, options.solver, rows),
            searches: options.affinity == Affinity::Auto,
            spectral: options.is_spectral(),
            entry_bytes: options.storage.bytes(),
            neighbours: (options.affinity == Affinity::Knn && options.is_spectral())
                .then_some(options.neighbours as usize),
        })
    }

    /// Sizes on the path of the options; under [`Path::Auto`] on the one that holds no matrix where
    /// the cheapest for the processor does not fit a device of these limits.
    pub fn within(
        processor: Processor,
        shape: Shape,
        options: &Options,
        limits: &wgpu::Limits,
    ) -> Result<Self> {
        let sizes = Self::on(processor, shape, options)?;
        if options.path != Path::Auto || sizes.check(limits).is_ok() {
            return Ok(sizes);
        }
        let other = Self::new(shape, &options.clone().path(Path::LowRank));
        Ok(match other {
            Ok(fits) if fits.check(limits).is_ok() => fits,
            _ => sizes,
        })
    }

    /// Sizes for matrices of up to so many rows on the dense path: there are no unit rows.
    pub fn of_matrix(processor: Processor, rows: usize, options: &Options) -> Result<Self> {
        let square = Shape {
            rows,
            features: rows,
        };
        let sizes = Self::on(processor, square, options)?;
        Ok(Self { padded: 0, ..sizes })
    }

    /// Whether the path is the low-rank one.
    pub(super) fn low_rank(&self) -> bool {
        self.path == Path::LowRank
    }

    /// Bytes of what the workgroups of a step leave for the next, where it is one dispatch.
    pub(super) fn sum_bytes(&self) -> u64 {
        let bytes = |teams| delayed::sum_bytes(self.shape.rows, teams, self.basis_rows);
        only(
            self.delayed_teams.is_some(),
            self.delayed_teams.map_or(0, bytes),
        )
    }

    /// Bytes of what workgroups of a spread solver step leave for each other.
    pub(super) fn overlap_bytes(&self) -> u64 {
        only(
            self.low_rank() && self.spectral && self.spread,
            overlap_bytes(self.shape.rows),
        )
    }

    /// Whether the low-rank path solves over columns instead of rows.
    pub(super) fn dual(&self) -> bool {
        self.low_rank() && self.dual && self.spectral
    }

    /// WorkspaceSizes for many graphs on the fused path, each of up to `shape.rows` rows.
    pub fn many(
        processor: Processor,
        shape: Shape,
        graphs: usize,
        options: &Options,
    ) -> Result<Self> {
        let fused = options.clone().path(Path::Fused);
        let limit = MAX_GRAPHS;
        if graphs == 0 || graphs > limit {
            return Err(Error::Graphs { graphs, limit });
        }
        let one = Self::on(processor, shape, &fused)?;
        Ok(Self { graphs, ..one })
    }

    /// Bytes of one word a row.
    pub(super) fn row(&self) -> u64 {
        words(self.leading * self.graphs)
    }

    /// Those bytes where the stages are dispatches of their own, with buffers between them.
    pub(super) fn staged_row(&self) -> u64 {
        only(self.spectral && self.path != Path::Fused, self.row())
    }

    /// The low-rank path keeps a sample in f32, and only where the affinity depends on it.
    pub(super) fn unit_bytes(&self) -> u64 {
        if !self.low_rank() {
            return only(self.padded > 0, self.matrix(self.padded));
        }
        let rows = self.leading.min(self.tiling.most_sampled);
        let sample = words(rows).saturating_mul(self.padded as u64);
        only(self.spectral && self.searches, sample)
    }

    /// Whether there is a matrix.
    pub(super) fn dense(&self) -> bool {
        self.spectral && !self.low_rank()
    }

    /// Bytes of a matrix of unit entries with `columns` entries a row.
    pub(super) fn matrix(&self, columns: usize) -> u64 {
        let rows = (self.leading * self.graphs) as u64;
        let entries = rows.saturating_mul(columns as u64);
        entries.saturating_mul(self.entry_bytes)
    }

    /// Bytes of a bit for each pair of rows, where the graph is sparse.
    pub(super) fn bits(&self) -> u64 {
        let needed = self.neighbours.is_some();
        only(needed, self.row() * (self.leading / 32) as u64)
    }

    /// Bytes of the entries of a sparse graph: twice the neighbours of all rows at most.
    pub(super) fn entries(&self) -> u64 {
        let of_row = |k: usize| (2 * k).min(self.leading) as u64;
        let bytes = self.neighbours.map_or(0, |k| 2 * self.row() * of_row(k));
        only(bytes > 0, bytes)
    }

    /// `bytes` where more than the Fiedler vector is wanted; else the least that can be bound.
    pub(super) fn further(&self, bytes: u64) -> u64 {
        only(self.vectors > 1, bytes)
    }

    /// Whether a call may have so many rows that they are sorted by radix.
    pub(super) fn sorted(&self) -> bool {
        self.shape.rows > COMPARED_ROWS
    }

    /// `bytes` where there is a graph; else the least that can be bound.
    pub(super) fn solved(&self, bytes: u64) -> u64 {
        only(self.spectral, bytes)
    }

    /// What the features and the workspace fix of a call; it keeps nothing yet.
    pub fn call_params(&self, features: &FeatureBindings<'_>, seed: u32) -> CallParams {
        CallParams {
            rows: features.rows,
            features: self.shape.features as u32,
            padded: self.padded as u32,
            leading: self.leading as u32,
            stride: features.stride,
            offset: features.chunks[0].offset,
            half: (features.dtype == Dtype::F16).into(),
            listed: features.list.is_some().into(),
            list_offset: features.list_offset,
            bank_rows: features.bank_rows,
            kept: 0,
            seed,
        }
    }

    /// Bytes that a workspace of this size allocates.
    pub fn total_bytes(&self) -> u64 {
        let buffers = self.buffers().into_iter();
        buffers.fold(0, |sum, (_, bytes)| u64::saturating_add(sum, bytes))
    }

    /// That features of this type can be bound: rows one after the other, all of them at once or,
    /// on the low-rank path, in chunks.
    pub fn check_features(&self, dtype: Dtype, limits: &wgpu::Limits) -> Result<()> {
        let Shape { rows, features } = self.shape;
        let row_bytes = (features as u64).saturating_mul(dtype.bytes());
        let bytes = |rows: usize| {
            let bytes = row_bytes.saturating_mul(rows as u64);
            bytes.checked_next_multiple_of(4).unwrap_or(u64::MAX)
        };
        let allowed = largest_binding(limits);
        // A chunk starts where the device lets a binding start, at most this much earlier.
        let early = u64::from(limits.min_storage_buffer_offset_alignment);
        let chunk = self.tiling.chunk_rows();
        let needed = match bytes(rows) {
            all if self.low_rank() && all > allowed && rows > chunk => {
                bytes(chunk).saturating_add(early)
            }
            all => all,
        };
        check_binding("features", needed, limits)
    }

    /// That every buffer can be bound, and every dispatch made.
    pub fn check(&self, limits: &wgpu::Limits) -> Result<()> {
        if self.path == Path::Fused {
            path_choice::check_fused(self.shape.rows, limits)?;
        }
        check_buffers(self.buffers(), limits)
    }
}

/// That a device can make and bind every buffer, given by name and bytes.
pub(crate) fn check_buffers(
    buffers: impl IntoIterator<Item = (&'static str, u64)>,
    limits: &wgpu::Limits,
) -> Result<()> {
    for (what, needed) in buffers {
        check_binding(what, needed, limits)?;
        check_size(what, needed, limits)?;
    }
    Ok(())
}

/// Bytes at most of one buffer that these kernels can read or write on a device of such limits:
/// what it binds, what it makes, and what 32 bits count.
#[must_use]
pub fn largest_binding(limits: &wgpu::Limits) -> u64 {
    limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size)
        .min(SHADER_BYTES)
}

/// That so many bytes can be bound at once.
pub(crate) fn check_binding(what: &'static str, needed: u64, limits: &wgpu::Limits) -> Result<()> {
    let allowed = largest_binding(limits);
    if needed > allowed {
        return Err(Error::DeviceLimit {
            what,
            needed,
            limit: "max_storage_buffer_binding_size",
            allowed,
        });
    }
    Ok(())
}

/// Bytes of `count` words of 32 bits.
pub(crate) fn words(count: usize) -> u64 {
    (count as u64).saturating_mul(4)
}

/// Those bytes where `needed`; else the least that can be bound.
pub(crate) fn only(needed: bool, bytes: u64) -> u64 {
    if needed { bytes } else { 16 }
}

/// Words of the digit counts of these rows: a total a digit, and an entry a digit and tile. 2^24
/// rows are 8192 tiles.
pub(crate) fn count_words(rows: usize) -> usize {
    256 * (1 + rows.div_ceil(RADIX_TILE as usize))
}
