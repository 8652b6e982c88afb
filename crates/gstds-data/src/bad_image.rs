//! Images that cannot be decoded, and how messages list them.

use serde::{Serialize, Serializer};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Images named in a message; the rest are counted.
const SHOWN: usize = 8;

/// An image that cannot be decoded, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadImage {
    /// `train` or `test`; `images` where there are no splits.
    pub split: &'static str,
    /// The file.
    #[serde(serialize_with = "as_displayed")]
    pub path: PathBuf,
    /// The decoder's error, or the limit that the image exceeds.
    pub reason: String,
}

/// Paths that are not UTF-8 are written as messages show them.
fn as_displayed<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

impl fmt::Display for BadImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path.display(), self.reason)
    }
}

pub(crate) fn list(images: &[BadImage]) -> String {
    let named: Vec<String> = images.iter().take(SHOWN).map(BadImage::to_string).collect();
    match images.len().saturating_sub(SHOWN) {
        0 => named.join(", "),
        more => format!("{}, and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_are_named_and_the_rest_counted() {
        let images: Vec<BadImage> = (0..11)
            .map(|number| BadImage {
                split: "train",
                path: format!("{number}.jpg").into(),
                reason: "empty".into(),
            })
            .collect();
        assert_eq!(list(&images[..2]), "0.jpg (empty), 1.jpg (empty)");
        let all = list(&images);
        assert!(all.ends_with("7.jpg (empty), and 3 more"), "{all}");
    }
}
