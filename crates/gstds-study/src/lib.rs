#![doc = include_str!("../README.md")]

pub mod compare;
pub mod error;
pub mod report;
pub mod results;

pub use error::{Error, Result};
