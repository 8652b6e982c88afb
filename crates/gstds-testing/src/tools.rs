//! Tools that some tests need and not every machine has.

/// The environment variable that names the tools without which tests fail, separated by commas.
const REQUIRED: &str = "GSTDS_REQUIRE_TOOLS";

/// Says that a test is left out because a tool is missing.
///
/// # Panics
/// Where `GSTDS_REQUIRE_TOOLS` names the tool, as on machines whose purpose is to run every test.
pub fn left_out(tool: &str) {
    let required = std::env::var(REQUIRED).unwrap_or_default();
    assert!(
        !is_required(&required, tool),
        "{tool} is missing, and {REQUIRED} is {required}"
    );
    eprintln!("SKIPPED: {tool} is not installed");
}

fn is_required(required: &str, tool: &str) -> bool {
    required.split(',').any(|name| name.trim() == tool)
}

#[cfg(test)]
mod tests {
    use super::is_required;

    #[test]
    fn only_tools_that_are_named_are_required() {
        assert!(is_required("numpy, browser", "browser"));
        assert!(!is_required("numpy", "num") && !is_required("", "numpy"));
    }
}
