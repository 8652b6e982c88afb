//! What the kernel tests share: one device, feature matrices, poison, reading back.
#![allow(dead_code, reason = "each test file uses a part")]

use gstds::{
    Batch, Features, GramSchmidt, Keep, Options, Path, Selector, Shape, Status,
    adapter::{AdapterRequest, Gpu, open},
    twin,
};
use std::path::PathBuf;
use std::sync::OnceLock;

/// One device for a test binary: opening many at once serves no test.
pub fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        open(&AdapterRequest::default()).expect("tests need a Vulkan, Metal or DX12 adapter")
    })
}

/// The repository's root, or the folder of a bundle of test programs: Cargo sets the variable, and
/// so does the bundle's script.
pub fn root() -> PathBuf {
    let set = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    set.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into())
}

/// Fixture A of the numerics: two interleaved groups of rows over a quadratic residue pattern.
pub fn fixture_a(rows: usize, columns: usize) -> Vec<f32> {
    let entry = |i: usize, j: usize| {
        let residue = ((31 * i * i + 17 * i * j + 13 * j * j) % 97) as f32 / 97.0;
        let group = usize::from(i % 8 < 5);
        residue + if j % 2 == group { 0.6 } else { 0.0 }
    };
    (0..rows * columns)
        .map(|at| entry(at / columns, at % columns))
        .collect()
}

/// Reproducible numbers in [0, 1).
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    /// ReLU-like rows around a few centres: non-negative, about half zeros, as CNN features are.
    pub fn features(&mut self, rows: usize, columns: usize) -> Vec<f32> {
        let centres: Vec<f32> = (0..4 * columns).map(|_| self.next()).collect();
        (0..rows * columns)
            .map(|at| {
                let (row, column) = (at / columns, at % columns);
                let centre = centres[(row * 7 % 4) * columns + column];
                (centre + self.next() - 0.8).max(0.0)
            })
            .collect()
    }

    /// Rows with entries in [-1, 1): similarities of both signs.
    pub fn signed(&mut self, rows: usize, columns: usize) -> Vec<f32> {
        (0..rows * columns)
            .map(|_| 2.0 * self.next() - 1.0)
            .collect()
    }
}

pub fn upload(data: &[u8]) -> wgpu::Buffer {
    let gpu = gpu();
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("test features"),
        size: data.len() as u64,
        usage: wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_DST
            | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    });
    gpu.queue.write_buffer(&buffer, 0, data);
    buffer
}

pub const POISON: u32 = 0xffff_fff0;

/// Fills every buffer that kernels write with NaN, so that what is not written shows.
pub fn poison(batch: &Batch) {
    for (_, buffer) in batch.buffers() {
        let words = vec![POISON; buffer.size() as usize / 4];
        gpu()
            .queue
            .write_buffer(buffer, 0, bytemuck::cast_slice(&words));
    }
}

pub fn read<T: bytemuck::Pod>(buffer: &wgpu::Buffer, count: usize) -> Vec<T> {
    let gpu = gpu();
    let size = (count * size_of::<T>()) as u64;
    let staging = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("test read-back"),
        size,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, size);
    gpu.queue.submit([encoder.finish()]);
    staging.map_async(wgpu::MapMode::Read, .., |result| result.unwrap());
    gpu.device
        .poll(wgpu::PollType::wait_indefinitely())
        .unwrap();
    let view = staging.get_mapped_range(..).unwrap();
    bytemuck::pod_collect_to_vec(&view)
}

/// Everything a call left behind.
pub struct Run {
    pub batch: Batch,
    pub rows: usize,
    pub kept: Vec<u32>,
    pub status: Status,
}

impl Run {
    pub fn buffer<T: bytemuck::Pod>(&self, name: &str, count: usize) -> Vec<T> {
        let buffers = self.batch.buffers();
        let (_, buffer) = buffers
            .iter()
            .find(|(n, _)| *n == name)
            .expect("a buffer's name");
        read(buffer, count)
    }

    pub fn scores(&self) -> Vec<f32> {
        self.buffer("scores", self.rows)
    }

    pub fn order(&self) -> Vec<u32> {
        self.buffer("order", self.rows)
    }
}

/// The options, with the dense path in place of auto in the binary named for it (tests/dense.rs),
/// and there with steps of one dispatch in the one named for these (tests/delayed.rs).
pub fn on_path(options: &Options) -> Options {
    let of_binary = ["dense", "delayed"].contains(&env!("CARGO_CRATE_NAME"));
    let path = match options.path {
        Path::Auto if of_binary => Path::Dense,
        asked => asked,
    };
    let gram_schmidt = match options.gram_schmidt {
        GramSchmidt::Auto if env!("CARGO_CRATE_NAME") == "delayed" => GramSchmidt::Delayed,
        asked => asked,
    };
    options.clone().path(path).gram_schmidt(gram_schmidt)
}

/// Selects on poisoned buffers.
pub fn run(data: &[f32], columns: usize, options: &Options, keep: Keep) -> Run {
    let rows = data.len() / columns;
    let features = upload(bytemuck::cast_slice(data));
    let shape = Shape {
        rows,
        features: columns,
    };
    let batch = Selector::new(&gpu().device, &on_path(options))
        .unwrap()
        .prepare(shape)
        .unwrap();
    run_on(batch, Features::new(&features), rows, keep)
}

/// Selects on a prepared batch, whose buffers are poisoned first.
pub fn run_on(mut batch: Batch, features: Features<'_>, rows: usize, keep: Keep) -> Run {
    let gpu = gpu();
    poison(&batch);
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let count = batch.encode(&mut encoder, features, keep).unwrap();
    gpu.queue.submit([encoder.finish()]);
    let status = read::<Status>(batch.status(), 1)[0];
    let kept = batch.read_kept(&gpu.queue, count).unwrap();
    Run {
        batch,
        rows,
        kept,
        status,
    }
}

/// Share of `a` that is also in `b`.
pub fn overlap(a: &[u32], b: &[u32]) -> f64 {
    let common = a.iter().filter(|row| b.contains(row)).count();
    common as f64 / a.len() as f64
}

/// Whether the two largest Ritz values are far enough apart for the vector to be determined.
pub fn is_isolated(relation: &twin::Relation, scale: f64) -> bool {
    let (largest, vector) = twin::tridiagonal(&relation.alpha, &relation.beta);
    // Rayleigh quotient of T after the top pair is moved down by more than the spectrum's width.
    let size = vector.len();
    let mut x: Vec<f64> = (0..size).map(|i| 1.0 + (i % 3) as f64).collect();
    let mut second = f64::NEG_INFINITY;
    for _ in 0..3000 {
        let along: f64 = x.iter().zip(&vector).map(|(a, b)| a * b).sum();
        x.iter_mut().zip(&vector).for_each(|(x, v)| *x -= along * v);
        let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm < 1e-12 {
            return true;
        }
        x.iter_mut().for_each(|x| *x /= norm);
        let times = |i: usize| {
            let below = if i > 0 {
                relation.beta[i - 1] * x[i - 1]
            } else {
                0.0
            };
            let above = if i + 1 < size {
                relation.beta[i] * x[i + 1]
            } else {
                0.0
            };
            below + relation.alpha[i] * x[i] + above
        };
        let next: Vec<f64> = (0..size).map(|i| times(i) + 2.0 * scale * x[i]).collect();
        second = next.iter().zip(&x).map(|(a, b)| a * b).sum::<f64>() - 2.0 * scale;
        x = next;
    }
    largest - second > 1e-2 * scale
}
