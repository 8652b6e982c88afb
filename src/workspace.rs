//! The buffers of one shape: sized, checked against the device's limits, and made once.

use crate::{Error, Options, Path, Result, many::Call, params::Params, status::Status};

/// The largest batch that selection takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Rows at most; a call may have fewer.
    pub rows: usize,
    /// Features of every row.
    pub features: usize,
}

/// Rows at most in one batch: rank arithmetic multiplies two row numbers in 32 bits.
pub const MAX_ROWS: usize = 32_767;

/// Graphs at most in one submission: workgroups along one dimension of a dispatch.
pub const MAX_GRAPHS: usize = 65_535;

/// Rows of a similarity tile; matrices are padded to it.
const TILE: usize = 64;
/// Features of a similarity slab.
const SLAB: usize = 16;
/// Bytes of `State` in `shaders/shared/state.wgsl`.
const STATE_BYTES: u64 = (16 + 3 * 256) * 4;

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
    /// Graphs that each have such a shape.
    pub graphs: usize,
    basis_rows: usize,
    spectral: bool,
}

impl Sizes {
    pub fn new(shape: Shape, options: &Options, limits: &wgpu::Limits) -> Result<Self> {
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
            path: crate::paths::choose(shape, options, limits)?,
            leading: rows.next_multiple_of(TILE),
            padded: features
                .checked_next_multiple_of(SLAB)
                .unwrap_or(usize::MAX),
            graphs: 1,
            basis_rows: options.basis_rows() as usize,
            spectral: options.is_spectral(),
        })
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
        let one = Self::new(shape, &fused, &wgpu::Limits::default())?;
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
        Self::only(self.path != Path::Fused, self.row())
    }

    /// Those bytes where `needed`; else the least that can be bound.
    fn only(needed: bool, bytes: u64) -> u64 {
        if needed { bytes } else { 16 }
    }

    /// Bytes that a workspace of this size allocates.
    pub fn total_bytes(&self) -> u64 {
        let buffers = self.buffers().into_iter();
        buffers.fold(0, |sum, (_, bytes)| u64::saturating_add(sum, bytes))
    }

    /// That every buffer can be bound.
    pub fn check(&self, limits: &wgpu::Limits) -> Result<()> {
        for (what, needed) in self.buffers() {
            for (limit, allowed) in [
                (
                    "max_storage_buffer_binding_size",
                    limits.max_storage_buffer_binding_size,
                ),
                ("max_buffer_size", limits.max_buffer_size),
            ] {
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

/// What `make` allocates, or that the device has no memory left for its `bytes`.
pub(crate) fn within_memory<T>(
    device: &wgpu::Device,
    bytes: u64,
    make: impl FnOnce() -> T,
) -> Result<T> {
    let scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let made = make();
    match pollster::block_on(scope.pop()) {
        None => Ok(made),
        Some(_) => Err(Error::OutOfMemory { bytes }),
    }
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
    unit: "unit rows", STORAGE, true, |s| s.row().saturating_mul(s.padded as u64);
    valid: "valid", STORAGE, true, Sizes::row;
    similarity: "similarity", STORAGE, true, |s| Sizes::only(s.spectral, s.row() * s.leading as u64);
    row_sum: "row sums", STORAGE, true, Sizes::staged_row;
    row_minimum: "row minima", STORAGE, true, Sizes::staged_row;
    state: "state", STORAGE, true, |s| Sizes::only(s.path != Path::Fused, STATE_BYTES);
    degree: "degrees", STORAGE, true, Sizes::staged_row;
    root: "row scales", STORAGE, true, Sizes::staged_row;
    basis: "basis", STORAGE, true, |s| s.row() * s.basis_rows as u64;
    product: "product", STORAGE, true, Sizes::staged_row;
    fiedler: "Fiedler vector", STORAGE, true, Sizes::staged_row;
    scores: "scores", STORAGE, true, Sizes::row;
    order: "order", STORAGE, true, Sizes::row;
    marks: "marks", STORAGE, false, Sizes::staged_row;
    kept: "kept rows", STORAGE, true, Sizes::row;
    status: "status", STORAGE, true, |s| (s.graphs * size_of::<Status>()) as u64;
    /// A line for each of many graphs.
    calls: "calls", STORAGE, false, |s| Call::BYTES * s.graphs as u64;
}

impl Workspace {
    pub fn new(device: &wgpu::Device, sizes: Sizes) -> Result<Self> {
        sizes.check(&device.limits())?;
        within_memory(device, sizes.total_bytes(), || {
            Self::allocate(device, sizes)
        })
    }
}
