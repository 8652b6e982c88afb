//! Tests that a missing tool leaves out.

use crate::required::{REQUIRED, list_that_names};

/// Says that a test is left out because a tool is missing.
///
/// # Panics
/// Where `GSTDS_REQUIRE_TOOLS` names the tool, as on machines whose purpose is to run every test.
pub fn left_out(tool: &str) {
    if let Some(list) = list_that_names(tool) {
        panic!("{tool} is missing, and {REQUIRED} is {list}");
    }
    eprintln!("SKIPPED: {tool} is not installed");
}
