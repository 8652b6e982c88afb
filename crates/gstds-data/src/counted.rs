//! Counts in sentences.

/// A count and what is counted, in the singular or the plural.
///
/// ```
/// use gstds_data::counted;
/// assert_eq!(counted(1, "class", "classes"), "1 class");
/// assert_eq!(counted(0, "class", "classes"), "0 classes");
/// ```
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
