//! Checks that a missing tool leaves out.

use anyhow::{Result, bail};

use crate::required::{REQUIRED, list_that_names};

/// Says that a check is left out because of a tool that is missing.
///
/// # Errors
/// Where the tool is required.
pub(crate) fn leave_out(tool: &str, sentence: &str) -> Result<()> {
    if let Some(list) = list_that_names(tool) {
        bail!("{sentence}, and {REQUIRED} is {list}");
    }
    println!("{sentence}");
    Ok(())
}
