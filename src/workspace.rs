//! The buffers of one shape: sized, checked against the device's limits, and made once.

use crate::{Error, Options, Result, params::Params, status::Status};

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
    /// Rows padded to a tile: the stride of matrices and of basis vectors.
    pub leading: usize,
    /// Features padded to a slab.
    pub padded: usize,
    basis_rows: usize,
    spectral: bool,
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
            leading: rows.next_multiple_of(TILE),
            padded: features
                .checked_next_multiple_of(SLAB)
                .unwrap_or(usize::MAX),
            basis_rows: options.basis_rows() as usize,
            spectral: options.is_spectral(),
        })
    }

    /// Name and bytes of every buffer, in the order of [`Workspace`]'s fields.
    fn buffers(&self) -> [(&'static str, u64); 15] {
        let words = |count: usize| count as u64 * 4;
        let spectral = |bytes: u64| if self.spectral { bytes } else { 16 };
        let row = words(self.leading);
        [
            ("params", Params::BYTES),
            ("no list", 4),
            ("unit rows", row.saturating_mul(self.padded as u64)),
            ("valid", row),
            ("similarity", spectral(row * self.leading as u64)),
            ("row sums", row),
            ("row minima", row),
            ("state", STATE_BYTES),
            ("degrees", row),
            ("row scales", row),
            ("basis", row * self.basis_rows as u64),
            ("product", row),
            ("Fiedler vector", row),
            ("scores", row),
            ("order", row),
        ]
    }

    /// Bytes that a workspace of this size allocates.
    pub fn total_bytes(&self) -> u64 {
        let outputs = 2 * self.leading as u64 * 4 + size_of::<Status>() as u64;
        let buffers = self.buffers().into_iter();
        buffers.fold(outputs, |sum, (_, bytes)| sum.saturating_add(bytes))
    }

    /// That every buffer can be bound and every dispatch made.
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

/// The buffers. Contents past a call's rows are undefined, except where a shader says otherwise.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub sizes: Sizes,
    pub params: wgpu::Buffer,
    /// Bound where a call has no list of rows.
    pub no_list: wgpu::Buffer,
    pub unit: wgpu::Buffer,
    pub valid: wgpu::Buffer,
    pub similarity: wgpu::Buffer,
    pub row_sum: wgpu::Buffer,
    pub row_minimum: wgpu::Buffer,
    pub state: wgpu::Buffer,
    pub degree: wgpu::Buffer,
    pub root: wgpu::Buffer,
    pub basis: wgpu::Buffer,
    pub product: wgpu::Buffer,
    pub fiedler: wgpu::Buffer,
    pub scores: wgpu::Buffer,
    pub order: wgpu::Buffer,
    pub marks: wgpu::Buffer,
    pub kept: wgpu::Buffer,
    pub status: wgpu::Buffer,
}

impl Workspace {
    pub fn new(device: &wgpu::Device, sizes: Sizes) -> Result<Self> {
        sizes.check(&device.limits())?;
        within_memory(device, sizes.total_bytes(), || {
            Self::allocate(device, sizes)
        })
    }

    fn allocate(device: &wgpu::Device, sizes: Sizes) -> Self {
        use wgpu::BufferUsages as U;
        let make = |what: &str, size: u64, usage: wgpu::BufferUsages| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(&format!("gstds {what}")),
                size,
                usage: usage | U::COPY_SRC | U::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let mut buffers = sizes.buffers().into_iter();
        let mut next = |usage| {
            let (what, size) = buffers.next().expect("one entry a field");
            make(what, size, usage)
        };
        let row = sizes.leading as u64 * 4;
        Self {
            sizes,
            params: next(U::UNIFORM),
            no_list: next(U::STORAGE),
            unit: next(U::STORAGE),
            valid: next(U::STORAGE),
            similarity: next(U::STORAGE),
            row_sum: next(U::STORAGE),
            row_minimum: next(U::STORAGE),
            state: next(U::STORAGE),
            degree: next(U::STORAGE),
            root: next(U::STORAGE),
            basis: next(U::STORAGE),
            product: next(U::STORAGE),
            fiedler: next(U::STORAGE),
            scores: next(U::STORAGE),
            order: next(U::STORAGE),
            marks: make("marks", row, U::STORAGE),
            kept: make("kept rows", row, U::STORAGE),
            status: make("status", size_of::<Status>() as u64, U::STORAGE),
        }
    }

    /// Every buffer the kernels write, by name.
    pub fn written(&self) -> [(&'static str, &wgpu::Buffer); 15] {
        [
            ("unit", &self.unit),
            ("valid", &self.valid),
            ("similarity", &self.similarity),
            ("row_sum", &self.row_sum),
            ("row_minimum", &self.row_minimum),
            ("state", &self.state),
            ("degree", &self.degree),
            ("root", &self.root),
            ("basis", &self.basis),
            ("product", &self.product),
            ("fiedler", &self.fiedler),
            ("scores", &self.scores),
            ("order", &self.order),
            ("kept", &self.kept),
            ("status", &self.status),
        ]
    }
}
