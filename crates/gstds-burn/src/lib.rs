//! Selection of a batch by its Fiedler vector, on tensors of [Burn](https://burn.dev)'s wgpu
//! backend: features in as a `Tensor<2>`, kept rows out as a `Tensor<1, Int>`.
//!
//! The kernels of [`gstds`] read Burn's own buffers on Burn's own queue. Features are not copied
//! where each row is contiguous in memory, nothing is read back, and the kept rows can index the
//! next tensor at once: the host knows how many there are, the GPU knows which.
//!
//! ```no_run
//! use burn::tensor::{Distribution, Tensor};
//! use gstds::{Keep, Options, adapter::Wanted};
//! use gstds_burn::{FiedlerSelector, GpuDevice};
//!
//! # fn main() -> gstds_burn::Result<()> {
//! let device = GpuDevice::open(&Wanted::default())?;
//! let selector = FiedlerSelector::new(&device, &Options::default())?;
//! let features = Tensor::<2>::random([256, 64], Distribution::Default, &device.burn);
//! let kept = selector.select(&features, Keep::Ratio(0.25))?;
//! let chosen = features.select(0, kept);
//! assert_eq!(chosen.dims(), [64, 64]);
//! # Ok(())
//! # }
//! ```
#![deny(missing_docs)]

mod device;
mod error;
mod operation;
mod selector;
mod workspaces;

pub use device::GpuDevice;
pub use error::{Error, Result};
pub use selector::{FiedlerSelector, Picked};
