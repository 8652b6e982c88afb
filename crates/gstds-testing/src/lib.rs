//! Helpers that the tests of several crates share, such as the cases of fuzz tests and the paths of
//! real data.

mod browser;
mod fuzzing;
mod network_outputs;
mod pages;
mod real_data;
mod required;
mod tools;

pub use browser::{BrowserAnswer, in_browser};
pub use fuzzing::config;
pub use network_outputs::{assert_close, floats, picture};
pub use pages::{check_elements, fixed_colour, is_blank, pixels, values};
pub use real_data::{data, present, shared};
pub use tools::left_out;
