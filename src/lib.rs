//! Selection of the informative rows of a batch by its Fiedler vector, in wgpu compute shaders.
//!
//! Rows of features become a graph by cosine similarity; the eigenvector of its Laplacian's second
//! smallest eigenvalue gives each row a score; a rule decides which rows are kept. The application
//! provides device, queue and encoder, and this crate records passes: it submits and maps only in
//! readers ([`Batch::read_kept_async`] and others), and waits only in their blocking twins
//! ([`Batch::read_kept`]), [`select_blocking`] and [`profile`].
//!
//! # Quick start
//!
//! ```
//! use gstds::{Features, Keep, Options, Selector, Shape, adapter};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Your application has a device, a queue and features on the GPU already.
//! let gpu = adapter::open(&adapter::AdapterRequest::default())?;
//! let features = gpu.device.create_buffer(&wgpu::BufferDescriptor {
//!     label: None,
//!     size: 64 * 8 * 4, // 64 rows of 8 f32
//!     usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
//!     mapped_at_creation: false,
//! });
//! # let data: Vec<f32> = (0..64 * 8).map(|at| (at * 37 % 101) as f32).collect();
//! # gpu.queue.write_buffer(&features, 0, bytemuck::cast_slice(&data));
//! // Once: the selector for the device's life, the workspace for batches of a shape.
//! let selector = Selector::new(&gpu.device, &Options::gstds())?;
//! let mut batch = selector.prepare(Shape { rows: 64, features: 8 })?;
//!
//! let mut encoder = gpu.device.create_command_encoder(&Default::default());
//! let view = Features::new(&features);
//! let kept = batch.encode(&mut encoder, view, Keep::Ratio(0.25))?;
//! // Passes recorded here read batch.kept(): `kept` u32, ascending.
//! gpu.queue.submit([encoder.finish()]);
//! assert_eq!(kept, 16);
//! # assert_eq!(batch.read_kept(&gpu.queue, kept)?.len(), 16);
//! # Ok(())
//! # }
//! ```
//!
//! Without a device of your own, [`select_blocking`] takes rows from the host and waits. With the
//! feature `twin`, the module of that name computes the same in f64 without any GPU.
//!
//! # Overview
//!
//! | for | see |
//! |---|---|
//! | which rule, graph and path to take, with measured figures | [`guide`] |
//! | what is computed and how | [`Options`] and its enums |
//! | rows in another buffer, with strides, in f16, picked from a bank | [`Features`] |
//! | recording, and what a call costs and leaves behind | [`Batch`] |
//! | the most similar rows of every row of a bank | [`Neighbours`] |
//! | rows of a pool that cover it: medoids, facility location, k-center | [`Coverage`] |
//! | thousands of small graphs in one submission | [`GraphBatch`] |
//! | similarities or weights of your own in place of features | [`MatrixBatch`] |
//! | further eigenvectors and the spectrum | [`Options::vectors`], [`Spectrum`] |
//! | what was exceptional in a call | [`Status`], [`Flags`] |
//! | bytes before anything is allocated | [`Selector::workspace_bytes`] |
//! | times of stages, and what they have to do at least | [`profile`], [`work`] |
//!
//! # Guarantees
//!
//! - **Shapes.** Up to [`MAX_LOW_RANK_ROWS`] rows where a graph is needed, [`MAX_ROWS`] where none
//!   is. Shapes, limits and buffers are checked before any GPU work; an [`Error`] names the value,
//!   the limit and what to do, with the predicted bytes.
//! - **Units.** Scores have unit norm together. λ2 and the residual are those of the Laplacian
//!   used, the residual relative to 1 (`sym`) or to the largest degree (`un`).
//! - **The same bytes.** The same input on the same adapter and driver gives the same rows, always;
//!   identical rows tie, and ties go to the lower row number.
//! - **Bad rows.** Zero, NaN and infinite rows are left out of the graph, ranked last and counted;
//!   [`Options::strict`] makes them an error.
//! - **Limits.** n ≤ 4096 with d ≤ 2048 fits WebGPU's default limits. `SUBGROUP` and
//!   `TIMESTAMP_QUERY` are used where available and never required.
//!
//! # Which wgpu
//!
//! Types of wgpu are part of this crate's interface, so an application and this crate need the same
//! major version of it. It is re-exported as [`gstds::wgpu`](wgpu), which is always the right one.
//! This version of gstds takes wgpu 30, any minor version and patch. A new major version of wgpu
//! comes with a new breaking version of gstds (0.1 to 0.2, later 1 to 2), never with a patch; older
//! ones are not kept up. Only the features `std` and `wgsl`, the native back ends Vulkan, Metal and
//! DX12, and on wasm WebGPU are turned on here; what else the application turns on stays its own.
//!
//! # Browsers, and threads that must not wait
//!
//! Each call that waits has a twin whose name ends in `_async` and whose future borrows nothing but
//! its arguments: [`adapter::open_async`], [`Selector::prepare_async`], [`Batch::read_kept_async`].
//! They need no executor of a certain kind. On native platforms preparation is ready at the first
//! poll, and a reader once the application has polled its device. In a browser both are ready when
//! the browser says so. What blocks is left out on wasm, futures are `Send` wherever wgpu's types
//! are, and nothing starts a thread.
//!
//! In a browser a device reports errors later than a call returns. [`Selector::prepare_async`] and
//! the readers wait for these reports; what [`Batch::encode`] creates, some kilobytes of parameters
//! and bind groups, reports to the application's `on_uncaptured_error`.
//!
//! With the feature `serde`, [`Options`], its enums, [`Keep`] and [`Status`] are serde types.
#![deny(missing_docs)]

mod batch;
#[cfg(not(target_family = "wasm"))]
mod blocking;
mod coverage;
mod error;
mod error_scope;
mod features;
mod fiedler;
mod graph;
mod graph_batch;
mod hash;
mod kernel;
mod low_rank;
mod matrix;
mod neighbours;
mod oneshot;
mod options;
mod params;
mod path_choice;
mod paths;
mod ranking;
mod reading;
mod recorder;
mod reuse;
mod selector;
mod shape;
mod spectrum;
mod stage;
mod status;
#[cfg(not(target_family = "wasm"))]
mod timestamps;
mod transfer;
mod workspace;

pub mod adapter;
#[doc = include_str!("../docs/guide.md")]
pub mod guide {}
pub mod profile;
#[cfg(feature = "twin")]
pub mod twin;
pub mod work;

pub use batch::{Batch, EncodedParts};
#[cfg(not(target_family = "wasm"))]
pub use blocking::{Selection, select_blocking};
pub use coverage::{Coverage, CoverageOptions, CoverageRule, CoverageSelection, MAX_COVERED_ROWS};
pub use error::{Error, ErrorKind, Result};
pub use features::{Dtype, Features};
pub use graph_batch::{EncodedGraphs, GraphBatch, GraphCall};
pub use matrix::{Matrix, MatrixBatch, MatrixKind};
pub use neighbours::{NO_NEIGHBOUR, NeighbourLists, NeighbourOptions, Neighbours};
pub use options::{
    Affinity, GramSchmidt, Keep, Laplacian, MAX_LANCZOS_STEPS, MAX_NEIGHBOURS, MAX_POWER_STEPS,
    MAX_VECTORS, Options, Order, Path, Rule, Solver, Storage,
};
pub use path_choice::MAX_LOW_RANK_ROWS;
pub use ranking::random_rows;
pub use selector::Selector;
pub use shape::{MAX_GRAPHS, MAX_ROWS, Shape};
pub use spectrum::Spectrum;
pub use stage::Stage;
pub use status::{Flags, Status};
pub use workspace::largest_binding;

pub use wgpu;

/// The examples of docs/kernels.md, as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/kernels.md")]
struct Kernels;
