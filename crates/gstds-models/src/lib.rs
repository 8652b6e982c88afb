//! Reference models that turn images into features, learners that are trained, and what follows
//! from features: banks on the device, linear probes.

pub mod bank;
pub mod bank_cache;
pub mod device_memory;
pub mod error;
pub mod learner;
pub mod linear_probe;
pub mod reference;
pub mod weights;

pub use error::{Error, Result};
