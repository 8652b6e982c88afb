//! Tools that some tests and checks need and not every machine has.

/// The environment variable that names the tools without which tests and checks fail instead of
/// being left out, separated by commas.
pub(crate) const REQUIRED: &str = "GSTDS_REQUIRE_TOOLS";

/// What the variable says, where it names the tool.
pub(crate) fn list_that_names(tool: &str) -> Option<String> {
    let required = std::env::var(REQUIRED).unwrap_or_default();
    is_required(&required, tool).then_some(required)
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
