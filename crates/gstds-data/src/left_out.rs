//! Images that could not be decoded, and how a message lists them.

use serde::{Serialize, Serializer};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Images named in a message; the rest are counted.
const SHOWN: usize = 8;

/// An image that cannot be decoded, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// `train` or `test`; `images` where there are no splits.
    pub split: &'static str,
    /// The file.
    #[serde(serialize_with = "as_shown")]
    pub path: PathBuf,
    /// What the decoder said, or which limit the image passes.
    pub reason: String,
}

/// A path that is no UTF-8 is written as messages show it.
fn as_shown<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path.display(), self.reason)
    }
}

impl LeftOut {
    pub(crate) fn list(images: &[Self]) -> String {
        let named = images.iter().take(SHOWN);
        let named: Vec<String> = named.map(Self::to_string).collect();
        match images.len().saturating_sub(SHOWN) {
            0 => named.join(", "),
            more => format!("{}, and {more} more", named.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_are_named_and_the_rest_counted() {
        let images: Vec<LeftOut> = (0..11)
            .map(|number| LeftOut {
                split: "train",
                path: format!("{number}.jpg").into(),
                reason: "empty".into(),
            })
            .collect();
        assert_eq!(LeftOut::list(&images[..2]), "0.jpg (empty), 1.jpg (empty)");
        let all = LeftOut::list(&images);
        assert!(all.ends_with("7.jpg (empty), and 3 more"), "{all}");
    }
}
