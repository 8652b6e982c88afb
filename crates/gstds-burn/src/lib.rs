//! Data selection on tensors of [Burn](https://burn.dev)'s wgpu backend: features in as a
//! `Tensor<2>`, kept rows out as a `Tensor<1, Int>`. [`FiedlerSelector`] selects within a batch by
//! its Fiedler vector, [`CoverageSelector`] the rows of a pool that cover it, and
//! [`NeighbourSearch`] finds the most similar rows of every row.
//!
//! The kernels of [`gstds`] read Burn's own buffers on Burn's own queue. Features are not copied
//! where each row is contiguous in memory, nothing is read back, and the kept rows can index the
//! next tensor at once: the host knows how many there are, the GPU knows which.
//!
//! # Quick start
//!
//! ```no_run
//! use burn::tensor::{Distribution, Tensor};
//! use gstds::{Keep, Options, adapter::AdapterRequest};
//! use gstds_burn::{FiedlerSelector, GpuDevice};
//!
//! # fn main() -> gstds_burn::Result<()> {
//! let device = GpuDevice::open(&AdapterRequest::default())?;
//! let selector = FiedlerSelector::new(&device, &Options::default())?;
//! let features = Tensor::<2>::random([256, 64], Distribution::Default, &device.burn);
//! let kept = selector.select(&features, Keep::Ratio(0.25))?;
//! let chosen = features.select(0, kept);
//! assert_eq!(chosen.dims(), [64, 64]);
//! # Ok(())
//! # }
//! ```
//!
//! `examples/training_loop.rs` is a whole training loop around it, in one page.
//!
//! # What to rely on
//!
//! - **In:** f32 or f16, (rows, features), on the selector's device, with autodiff and fusion or
//!   without; or a bank and a list of its rows (i32 or u32), which is read in place.
//! - **Out:** i32 positions, as many as [`Keep`](gstds::Keep) gives, ascending unless
//!   [`Options::order`](gstds::Options::order) is rank; never tracked by autodiff.
//!   [`FiedlerSelector::pick`] also gives the order of all rows and the status, as tensors.
//! - **Order:** a selection is one submission on the queue that Burn uses, behind the work that
//!   Burn has pending and before later work.
//! - **Cost:** what [`gstds::Batch::encode`] records, three copies of the results on the device,
//!   and on a shape's first use its workspace ([`gstds::Selector::workspace_bytes`]), kept for the
//!   last four shapes.
//! - **Errors:** what can be known from shapes, types and devices is an [`Error`] before any GPU
//!   work. Burn may run a selection later than it was requested; if recording fails then, the next
//!   call reports it, or [`FiedlerSelector::check_recorded`].
//! - **Devices:** [`GpuDevice::open`] opens an adapter for both; [`GpuDevice::from_gpu`] takes a
//!   device that the application has.
//!
//! Which rule to choose, and how it compares with random rows: [`gstds::guide`].
#![deny(missing_docs)]

mod device;
pub mod device_tensor;
mod error;
mod features;
mod operation;
mod pool;
mod selector;
mod workspaces;

pub use device::GpuDevice;
pub use error::{Error, Result};
pub use pool::{CoverageSelector, NeighbourSearch, NeighbourTensors};
pub use selector::{FiedlerSelector, Picked};

/// The example of docs/burn.md, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/burn.md")]
struct Page;
