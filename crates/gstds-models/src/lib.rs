//! Reference models that turn images into features, learners that are trained, and what follows
//! from features: banks on the device, linear probes.
//!
//! | module | contents |
//! |---|---|
//! | [`weights`] | safetensors and `.pth` files, opened once |
//! | [`mod@reference`] | frozen networks: EfficientNet-Lite0 and ResNets |
//! | [`learner`] | ResNets that are trained, from scratch or from weights |
//! | [`bank`], [`bank_cache`] | a feature row for every image: computed, cached, on the device |
//! | [`linear_probe`] | losses of the images under probes on their features |
//! | [`device_memory`] | whether a device has room |

pub mod bank;
pub mod bank_cache;
mod convolution;
pub mod device_memory;
mod efficientnet_lite;
mod element;
pub mod error;
pub mod learner;
pub mod linear_probe;
pub mod reference;
mod resnet;
#[cfg(test)]
mod toy_reference;
pub mod weights;

pub use error::{Error, Result};
