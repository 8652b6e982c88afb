//! The buffers of one shape: sized, checked against the device's limits, and made once.

mod sizes;

pub use sizes::largest_binding;
pub(crate) use sizes::{
    COMPARED_ROWS, RADIX_TILE, WorkspaceSizes, check_binding, check_buffers, count_words, only,
    words,
};

use crate::{
    Error, Path, Result,
    error_scope::Watch,
    options::MAX_VECTORS,
    params::{CallParams, GraphRange},
    spectrum::Spectrum,
    status::Status,
};
use sizes::TILE;

/// Bytes of `State` in `shaders/shared/state.wgsl`.
pub(crate) const STATE_BYTES: u64 = (16 + 3 * 256) * 4;
/// Bytes of `Pairs` in `shaders/shared/spectrum.wgsl`.
const PAIRS_BYTES: u64 = (1 + MAX_VECTORS as u64 * (1 + 256)) * 4;

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
                what: "the kernels",
                limit,
                needed,
                allowed,
                remedy: "open it with wgpu's default limits or higher ones, or use another adapter",
            });
        }
    }
    Ok(())
}

/// One line a buffer: field, label, usage, whether kernels write it, and its bytes. From the table
/// follow the sizes that are checked, the buffers that are made, and the list of what is written.
macro_rules! workspace {
    ($(
        $(#[$doc:meta])*
        $field:ident: $label:literal, $usage:ident, $written:literal, $bytes:expr;
    )*) => {
        /// The buffers. What a call leaves in those that callers read, [`Batch`](crate::Batch) says;
        /// in the others, contents past a call's rows are undefined, except where a shader says
        /// otherwise. Buffers that the path has no use for hold 16 bytes.
        #[derive(Debug)]
        pub(crate) struct Workspace {
            pub sizes: WorkspaceSizes,
            $($(#[$doc])* pub $field: wgpu::Buffer,)*
        }

        impl WorkspaceSizes {
            /// Name and bytes of every buffer.
            fn buffers(&self) -> Vec<(&'static str, u64)> {
                vec![$(($label, bytes_of(self, $bytes)),)*]
            }
        }

        impl Workspace {
            fn allocate(device: &wgpu::Device, sizes: WorkspaceSizes) -> Self {
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

fn bytes_of(sizes: &WorkspaceSizes, bytes: impl Fn(&WorkspaceSizes) -> u64) -> u64 {
    bytes(sizes)
}

/// A buffer that tools and tests may copy from and to.
pub(crate) fn make(
    device: &wgpu::Device,
    label: &str,
    size: u64,
    usage: wgpu::BufferUsages,
) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(&format!("gstds {label}")),
        size,
        usage: usage | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

workspace! {
    params: "params", UNIFORM, false, |_| CallParams::BYTES;
    /// Bound where a call has no list of rows.
    no_list: "no list", STORAGE, false, |_| 4;
    unit: "unit rows", STORAGE, true, WorkspaceSizes::unit_bytes;
    valid: "valid", STORAGE, true, WorkspaceSizes::row;
    similarity: "similarity", STORAGE, true, |s| only(s.dense(), s.matrix(s.leading));
    /// Sum and minimum of each row in each tile of columns.
    partials: "row sums by tile", STORAGE, true,
        |s| only(s.dense(), s.row().saturating_mul((s.leading / TILE) as u64 * 2));
    diagonal: "diagonal of the similarity", STORAGE, true, |s| only(s.dense(), s.row());
    row_sum: "row sums", STORAGE, true, WorkspaceSizes::staged_row;
    row_minimum: "row minima", STORAGE, true, WorkspaceSizes::staged_row;
    /// Which rows each row has for neighbours, a bit each; then which it shares an edge with.
    chosen: "bits of neighbours", STORAGE, true, WorkspaceSizes::bits;
    edges: "bits of edges", STORAGE, true, WorkspaceSizes::bits;
    /// Where the entries of each row of a sparse graph start, and where the last one's end.
    row_starts: "starts of sparse rows", STORAGE, true,
        |s| only(s.neighbours.is_some(), s.row() + 4);
    entries: "entries of sparse rows", STORAGE, true, WorkspaceSizes::entries;
    state: "state", STORAGE, true, |s| only(s.path != Path::Fused, STATE_BYTES);
    degree: "degrees", STORAGE, true, WorkspaceSizes::staged_row;
    root: "row scales", STORAGE, true, WorkspaceSizes::staged_row;
    /// Row 0 is the trivial vector; the dual has a basis of its own and needs the start vector
    /// alone.
    basis: "basis", STORAGE, true, |s| s.solved(s.row().saturating_mul(
        if s.dual() { 2 } else { s.basis_rows as u64 }));
    /// What workgroups leave for each other where a solver step is spread over them.
    overlaps: "overlaps", STORAGE, true, WorkspaceSizes::overlap_bytes;
    /// Vectors of two solver steps of one dispatch each, and what these leave for each other.
    pending: "pending vectors", STORAGE, true, |s| only(s.delayed_teams.is_some(), 4 * s.row());
    even_sums: "sums for even steps", STORAGE, true, WorkspaceSizes::sum_bytes;
    odd_sums: "sums for odd steps", STORAGE, true, WorkspaceSizes::sum_bytes;
    product: "product", STORAGE, true, WorkspaceSizes::staged_row;
    fiedler: "Fiedler vector", STORAGE, true, WorkspaceSizes::staged_row;
    scores: "scores", STORAGE, true, WorkspaceSizes::row;
    /// Scores along each vector wanted, where there are several.
    vectors: "scores along vectors", STORAGE, true,
        |s| s.further(s.row().saturating_mul(s.vectors as u64));
    spectrum: "spectrum", STORAGE, true, |s| s.further(size_of::<Spectrum>() as u64);
    pairs: "Ritz pairs", STORAGE, true, |s| s.further(PAIRS_BYTES);
    order: "order", STORAGE, true, WorkspaceSizes::row;
    /// Marks of kept rows (keep), or rows between two passes of the radix sort.
    marks: "marks", STORAGE, true, |s| only(s.path != Path::Fused, s.row());
    /// Keys of the radix sort; after it, marks of kept rows.
    keys: "keys", STORAGE, true, |s| only(s.sorted(), s.row());
    spare_keys: "spare keys", STORAGE, true, |s| only(s.sorted(), s.row());
    counts: "digit counts", STORAGE, true, |s| only(s.sorted(), words(count_words(s.shape.rows)));
    kept: "kept rows", STORAGE, true, WorkspaceSizes::row;
    status: "status", STORAGE, true, |s| (s.graphs * size_of::<Status>()) as u64;
    /// A line for each of many graphs.
    graphs: "graphs", STORAGE, false, |s| GraphRange::BYTES * s.graphs as u64;
    /// Scale and reciprocal norm of each row.
    factors: "row factors", STORAGE, true, |s| only(s.low_rank(), 2 * s.row());
    sign_flags: "signs of the features", STORAGE, true, |_| 16;
    group_sums: "partial sums", STORAGE, true,
        |s| only(s.low_rank() && s.spectral, s.tiling.partial_bytes());
    column_sums: "column sums", STORAGE, true,
        |s| only(s.low_rank() && s.spectral, s.tiling.vector_bytes());
    collected: "product over columns", STORAGE, true,
        |s| only(s.low_rank() && s.spectral, s.tiling.vector_bytes());
    dual_basis: "dual basis", STORAGE, true,
        |s| only(s.dual(), s.tiling.vector_bytes().saturating_mul(s.basis_rows as u64));
    /// The dual's eigenvector, and the dual's product with it.
    dual_vectors: "dual vectors", STORAGE, true,
        |s| only(s.dual(), s.tiling.vector_bytes().saturating_mul(2));
}

impl Workspace {
    pub async fn new(device: &wgpu::Device, sizes: WorkspaceSizes) -> Result<Self> {
        sizes.check(&device.limits())?;
        let watch = Watch::start(device);
        let workspace = Self::allocate(device, sizes);
        watch.end(Some(sizes.total_bytes())).await?;
        Ok(workspace)
    }

    /// Records zeros wherever the kernels of a call write nothing that callers may read, so that no
    /// result of an earlier call shows. The fused kernel writes all of it by itself.
    pub fn clear_results(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        rows: u32,
        kept: u32,
        spectral: bool,
    ) {
        if self.sizes.path == Path::Fused {
            return;
        }
        encoder.clear_buffer(&self.scores, 0, None);
        clear_from(encoder, &self.order, u64::from(rows) * 4);
        clear_from(encoder, &self.kept, u64::from(kept) * 4);
        if !spectral {
            encoder.clear_buffer(&self.vectors, 0, None);
            encoder.clear_buffer(&self.spectrum, 0, None);
        }
    }

    /// Records zeros in the results of every graph from this one on.
    pub fn clear_graphs(&self, encoder: &mut wgpu::CommandEncoder, first: usize) {
        let row = words(self.sizes.leading * first);
        clear_from(encoder, &self.scores, row);
        clear_from(encoder, &self.order, row);
        clear_from(encoder, &self.kept, row);
        clear_from(encoder, &self.status, (first * size_of::<Status>()) as u64);
    }
}

/// Records zeros from this byte of a buffer on.
fn clear_from(encoder: &mut wgpu::CommandEncoder, buffer: &wgpu::Buffer, first: u64) {
    if first < buffer.size() {
        encoder.clear_buffer(buffer, first, None);
    }
}
