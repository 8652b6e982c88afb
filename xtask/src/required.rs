//! Tools that some checks need and not every machine has.

use anyhow::{Result, ensure};

/// The environment variable that names the tools without which a check fails instead of being left
/// out, separated by commas. Tests have the same one.
const REQUIRED: &str = "GSTDS_REQUIRE_TOOLS";

/// Says that a check is left out because of a tool that is missing.
///
/// # Errors
/// Where the tool is required.
pub(crate) fn leave_out(tool: &str, sentence: &str) -> Result<()> {
    let required = std::env::var(REQUIRED).unwrap_or_default();
    ensure!(
        !is_required(&required, tool),
        "{sentence}, and {REQUIRED} is {required}"
    );
    println!("{sentence}");
    Ok(())
}

fn is_required(required: &str, tool: &str) -> bool {
    required.split(',').any(|name| name.trim() == tool)
}

#[cfg(test)]
mod tests {
    use super::is_required;

    #[test]
    fn only_tools_that_are_named_are_required() {
        assert!(is_required("tint, dxc", "dxc"));
        assert!(!is_required("tint", "tin") && !is_required("", "dxc"));
    }
}
