//! The buffers of one shape: sized, checked against the device's limits, and made once.

use crate::{
    Affinity, Error, Options, Path, Result,
    error_scope::checked,
    graph_batch::GraphRange,
    low_rank::Tiling,
    options::MAX_VECTORS,
    params::Params,
    ranking::{COMPARED_ROWS, radix::count_words},
    spectrum::Spectrum,
    status::Status,
};

/// The largest batch that selection takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Rows at most; a call may have fewer.
    pub rows: usize,
    /// Features of every row.
    pub features: usize,
}

/// Rows at most in one batch: up to here row numbers are exact in f32, and rank arithmetic in 32
/// bits is. How many fit a device follows from its limits; those of a rule that needs a graph by
/// the dense path hold 4n² bytes.
pub const MAX_ROWS: usize = 1 << 24;

/// Bytes of a buffer at most, whatever the device's limits: shaders number bytes and words in 32
/// bits, so that no index of theirs wraps within a buffer that is let through.
const SHADER_BYTES: u64 = u32::MAX as u64;

/// Graphs at most in one submission: workgroups along one dimension of a dispatch.
pub const MAX_GRAPHS: usize = 65_535;

/// Rows of a similarity tile; matrices are padded to it.
const TILE: usize = 64;
/// Features of a similarity slab.
const SLAB: usize = 16;
/// Bytes of `State` in `shaders/shared/state.wgsl`.
const STATE_BYTES: u64 = (16 + 3 * 256) * 4;
/// Bytes of `Pairs` in `shaders/shared/spectrum.wgsl`.
const PAIRS_BYTES: u64 = (1 + MAX_VECTORS as u64 * (1 + 256)) * 4;

/// Sizes that follow from a shape and the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub shape: Shape,
    /// The path that walks the stages.
    pub path: Path,
    /// Rows padded to a tile: the stride of matrices and of basis vectors.
    pub leading: usize,
    /// Features padded to a slab.
    pub padded: usize,
    /// How the low-rank path divides its work.
    pub tiling: Tiling,
    /// Graphs that each have such a shape.
    pub graphs: usize,
    basis_rows: usize,
    vectors: usize,
    spectral: bool,
    dual: bool,
    searches: bool,
    /// Bytes of an entry of the unit rows and of the similarity matrix.
    entry_bytes: u64,
    /// Neighbours of a row where the graph is sparse.
    neighbours: Option<usize>,
}

impl Sizes {
    pub fn new(shape: Shape, options: &Options) -> Result<Self> {
        let Shape { rows, features } = shape;
        if rows == 0 || features == 0 {
            return Err(Error::EmptyShape { rows, features });
        }
        if rows > MAX_ROWS {
            let limit = MAX_ROWS;
            return Err(Error::TooManyRows { rows, limit });
        }
        Ok(Self {
            shape,
            path: crate::paths::choose(shape, options)?,
            leading: rows.next_multiple_of(TILE),
            padded: features
                .checked_next_multiple_of(SLAB)
                .unwrap_or(usize::MAX),
            tiling: Tiling::new(rows, features),
            graphs: 1,
            basis_rows: options.basis_rows() as usize,
            vectors: options.vectors as usize,
            dual: crate::low_rank::has_dual(options),
            searches: options.affinity == Affinity::Auto,
            spectral: options.is_spectral(),
            entry_bytes: options.storage.bytes(),
            neighbours: (options.affinity == Affinity::Knn && options.is_spectral())
                .then_some(options.neighbours as usize),
        })
    }

    /// Whether the path is the low-rank one.
    fn low_rank(&self) -> bool {
        self.path == Path::LowRank
    }

    /// Whether the low-rank path solves over columns instead of rows.
    fn dual(&self) -> bool {
        self.low_rank() && self.dual && self.spectral
    }

    /// Sizes for many graphs on the fused path, each of up to `shape.rows` rows.
    pub fn many(shape: Shape, graphs: usize, options: &Options) -> Result<Self> {
        let fused = Options {
            path: Path::Fused,
            ..options.clone()
        };
        let limit = MAX_GRAPHS;
        if graphs == 0 || graphs > limit {
            return Err(Error::Graphs { graphs, limit });
        }
        let one = Self::new(shape, &fused)?;
        Ok(Self { graphs, ..one })
    }

    /// Bytes of `count` words of 32 bits.
    fn words(count: usize) -> u64 {
        (count as u64).saturating_mul(4)
    }

    /// Bytes of one word a row.
    fn row(&self) -> u64 {
        Self::words(self.leading * self.graphs)
    }

    /// Those bytes where the stages are dispatches of their own, with buffers between them.
    fn staged_row(&self) -> u64 {
        Self::only(self.spectral && self.path != Path::Fused, self.row())
    }

    /// The low-rank path keeps a sample in f32, and only where the affinity depends on it.
    fn unit_bytes(&self) -> u64 {
        if !self.low_rank() {
            return self.matrix(self.padded);
        }
        let rows = self.leading.min(self.tiling.most_sampled);
        let sample = Self::words(rows).saturating_mul(self.padded as u64);
        Self::only(self.spectral && self.searches, sample)
    }

    /// Whether there is a matrix.
    fn dense(&self) -> bool {
        self.spectral && !self.low_rank()
    }

    /// Bytes of a matrix of unit entries with `columns` entries a row.
    fn matrix(&self, columns: usize) -> u64 {
        let rows = (self.leading * self.graphs) as u64;
        let entries = rows.saturating_mul(columns as u64);
        entries.saturating_mul(self.entry_bytes)
    }

    /// Bytes of a bit for each pair of rows, where the graph is sparse.
    fn bits(&self) -> u64 {
        let needed = self.neighbours.is_some();
        Self::only(needed, self.row() * (self.leading / 32) as u64)
    }

    /// Bytes of the entries of a sparse graph: twice the neighbours of all rows at most.
    fn entries(&self) -> u64 {
        let of_row = |k: usize| (2 * k).min(self.leading) as u64;
        let bytes = self.neighbours.map_or(0, |k| 2 * self.row() * of_row(k));
        Self::only(bytes > 0, bytes)
    }

    /// Those bytes where `needed`; else the least that can be bound.
    fn only(needed: bool, bytes: u64) -> u64 {
        if needed { bytes } else { 16 }
    }

    /// `bytes` where more than the Fiedler vector is wanted; else the least that can be bound.
    fn further(&self, bytes: u64) -> u64 {
        Self::only(self.vectors > 1, bytes)
    }

    /// Whether a call may have so many rows that they are sorted by radix.
    fn sorted(&self) -> bool {
        self.shape.rows > COMPARED_ROWS
    }

    /// `bytes` where there is a graph; else the least that can be bound.
    fn solved(&self, bytes: u64) -> u64 {
        Self::only(self.spectral, bytes)
    }

    /// Bytes that a workspace of this size allocates.
    pub fn total_bytes(&self) -> u64 {
        let buffers = self.buffers().into_iter();
        buffers.fold(0, |sum, (_, bytes)| u64::saturating_add(sum, bytes))
    }

    /// That every buffer can be bound, and every dispatch made.
    pub fn check(&self, limits: &wgpu::Limits) -> Result<()> {
        if self.path == Path::Fused {
            crate::paths::fused::check_device(self.shape.rows, limits)?;
        }
        for (what, needed) in self.buffers() {
            for (limit, allowed) in [
                (
                    "max_storage_buffer_binding_size",
                    limits.max_storage_buffer_binding_size,
                ),
                ("max_buffer_size", limits.max_buffer_size),
            ] {
                let allowed = allowed.min(SHADER_BYTES);
                if needed > allowed {
                    return Err(Error::DeviceLimit {
                        what,
                        needed,
                        limit,
                        allowed,
                    });
                }
            }
        }
        Ok(())
    }
}

/// That the device has what every kernel uses; WebGPU's default limits do.
pub(crate) fn check_device(limits: &wgpu::Limits) -> Result<()> {
    let needs = [
        (
            "max_storage_buffers_per_shader_stage",
            u64::from(limits.max_storage_buffers_per_shader_stage),
            8,
        ),
        (
            "max_compute_invocations_per_workgroup",
            u64::from(limits.max_compute_invocations_per_workgroup),
            256,
        ),
        (
            "max_compute_workgroup_storage_size",
            u64::from(limits.max_compute_workgroup_storage_size),
            16_384,
        ),
        (
            "max_compute_workgroups_per_dimension",
            u64::from(limits.max_compute_workgroups_per_dimension),
            65_535,
        ),
    ];
    for (limit, allowed, needed) in needs {
        if allowed < needed {
            return Err(Error::DeviceTooSmall {
                limit,
                needed,
                allowed,
            });
        }
    }
    Ok(())
}

/// One line a buffer: field, label, usage, whether kernels write it, and its bytes. From the table
/// follow the sizes that are checked, the buffers that are made, and the list of what is written.
macro_rules! workspace {
    ($($(#[$doc:meta])* $field:ident: $label:literal, $usage:ident, $written:literal, $bytes:expr;)*) => {
        /// The buffers. Contents past a call's rows are undefined, except where a shader says
        /// otherwise; buffers that the path has no use for hold 16 bytes.
        #[derive(Debug)]
        pub(crate) struct Workspace {
            pub sizes: Sizes,
            $($(#[$doc])* pub $field: wgpu::Buffer,)*
        }

        impl Sizes {
            /// Name and bytes of every buffer.
            fn buffers(&self) -> Vec<(&'static str, u64)> {
                vec![$(($label, bytes_of(self, $bytes)),)*]
            }
        }

        impl Workspace {
            fn allocate(device: &wgpu::Device, sizes: Sizes) -> Self {
                Self {
                    $($field: make(
                        device,
                        $label,
                        bytes_of(&sizes, $bytes),
                        wgpu::BufferUsages::$usage,
                    ),)*
                    sizes,
                }
            }

            /// The buffer of this name.
            pub fn buffer(&self, name: &str) -> &wgpu::Buffer {
                match name {
                    $(stringify!($field) => &self.$field,)*
                    _ => panic!("the workspace has no buffer {name}"),
                }
            }

            /// Every buffer the kernels write, by name.
            pub fn written(&self) -> Vec<(&'static str, &wgpu::Buffer)> {
                let all = [$((stringify!($field), &self.$field, $written),)*];
                let written = all.into_iter().filter(|(.., written)| *written);
                written.map(|(name, buffer, _)| (name, buffer)).collect()
            }
        }
    };
}

fn bytes_of(sizes: &Sizes, bytes: impl Fn(&Sizes) -> u64) -> u64 {
    bytes(sizes)
}

fn make(device: &wgpu::Device, label: &str, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(&format!("gstds {label}")),
        size,
        usage: usage | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

workspace! {
    params: "params", UNIFORM, false, |_| Params::BYTES;
    /// Bound where a call has no list of rows.
    no_list: "no list", STORAGE, false, |_| 4;
    unit: "unit rows", STORAGE, true, Sizes::unit_bytes;
    valid: "valid", STORAGE, true, Sizes::row;
    similarity: "similarity", STORAGE, true, |s| Sizes::only(s.dense(), s.matrix(s.leading));
    /// Sum and minimum of each row in each tile of columns.
    partials: "row sums by tile", STORAGE, true,
        |s| Sizes::only(s.dense(), s.row().saturating_mul((s.leading / TILE) as u64 * 2));
    diagonal: "diagonal of the similarity", STORAGE, true, |s| Sizes::only(s.dense(), s.row());
    row_sum: "row sums", STORAGE, true, Sizes::staged_row;
    row_minimum: "row minima", STORAGE, true, Sizes::staged_row;
    /// Which rows each row has for neighbours, a bit each; then which it shares an edge with.
    chosen: "bits of neighbours", STORAGE, true, Sizes::bits;
    edges: "bits of edges", STORAGE, true, Sizes::bits;
    /// Where the entries of each row of a sparse graph start, and where the last one's end.
    row_starts: "starts of sparse rows", STORAGE, true,
        |s| Sizes::only(s.neighbours.is_some(), s.row() + 4);
    entries: "entries of sparse rows", STORAGE, true, Sizes::entries;
    state: "state", STORAGE, true, |s| Sizes::only(s.path != Path::Fused, STATE_BYTES);
    degree: "degrees", STORAGE, true, Sizes::staged_row;
    root: "row scales", STORAGE, true, Sizes::staged_row;
    /// Row 0 is the trivial vector; the dual has a basis of its own and needs the start vector alone.
    basis: "basis", STORAGE, true, |s| s.solved(s.row().saturating_mul(
        if s.dual() { 2 } else { s.basis_rows as u64 }));
    product: "product", STORAGE, true, Sizes::staged_row;
    fiedler: "Fiedler vector", STORAGE, true, Sizes::staged_row;
    scores: "scores", STORAGE, true, Sizes::row;
    /// Scores along each vector wanted, where there are several.
    vectors: "scores along vectors", STORAGE, true,
        |s| s.further(s.row().saturating_mul(s.vectors as u64));
    spectrum: "spectrum", STORAGE, true, |s| s.further(size_of::<Spectrum>() as u64);
    pairs: "Ritz pairs", STORAGE, true, |s| s.further(PAIRS_BYTES);
    order: "order", STORAGE, true, Sizes::row;
    /// Marks of kept rows (keep), or rows between two passes of the radix sort.
    marks: "marks", STORAGE, true, |s| Sizes::only(s.path != Path::Fused, s.row());
    /// Keys of the radix sort; after it, marks of kept rows.
    keys: "keys", STORAGE, true, |s| Sizes::only(s.sorted(), s.row());
    spare_keys: "spare keys", STORAGE, true, |s| Sizes::only(s.sorted(), s.row());
    counts: "digit counts", STORAGE, true, |s| Sizes::only(s.sorted(), Sizes::words(count_words(s.shape.rows)));
    kept: "kept rows", STORAGE, true, Sizes::row;
    status: "status", STORAGE, true, |s| (s.graphs * size_of::<Status>()) as u64;
    /// A line for each of many graphs.
    graphs: "graphs", STORAGE, false, |s| GraphRange::BYTES * s.graphs as u64;
    /// Scale and reciprocal norm of each row.
    factors: "row factors", STORAGE, true, |s| Sizes::only(s.low_rank(), 2 * s.row());
    sign_flags: "signs of the features", STORAGE, true, |_| 16;
    group_sums: "partial sums", STORAGE, true, |s| Sizes::only(s.low_rank() && s.spectral, s.tiling.partial_bytes());
    column_sums: "column sums", STORAGE, true, |s| Sizes::only(s.low_rank() && s.spectral, s.tiling.vector_bytes());
    collected: "product over columns", STORAGE, true,
        |s| Sizes::only(s.low_rank() && s.spectral, s.tiling.vector_bytes());
    dual_basis: "dual basis", STORAGE, true,
        |s| Sizes::only(s.dual(), s.tiling.vector_bytes() * s.basis_rows as u64);
    /// The dual's eigenvector, and the dual's product with it.
    dual_vectors: "dual vectors", STORAGE, true,
        |s| Sizes::only(s.dual(), 2 * s.tiling.vector_bytes());
}

impl Workspace {
    pub fn new(device: &wgpu::Device, sizes: Sizes) -> Result<Self> {
        sizes.check(&device.limits())?;
        checked(device, sizes.total_bytes(), || {
            Self::allocate(device, sizes)
        })
    }
}
