//! What the tests of several crates share: how fuzz tests draw their cases, and where real data lie.

mod fuzzing;
mod network_outputs;
mod pages;
mod real_data;

pub use fuzzing::config;
pub use network_outputs::{assert_close, floats, picture};
pub use pages::{check_elements, is_blank, pixels, values};
pub use real_data::{data, present, shared};
