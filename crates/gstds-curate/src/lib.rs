//! Selection from pools of embeddings, and what there is to see of it.

mod error;
pub mod inspect;

pub use error::{Error, Result};
