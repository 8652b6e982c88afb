//! Which files and folders a search for images passes over.

use std::path::Path;

/// Names that are passed over unless all are asked for: hidden ones, the previews that NAS systems
/// keep of images, bins and what systems put at the top of a disk or an archive.
const DEFAULTS: [&str; 11] = [
    ".*",
    "@eaDir",
    "SYNOPHOTO_THUMB_*",
    "SYNOFILE_THUMB_*",
    "#recycle",
    "#snapshot",
    "@Recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "__MACOSX",
];

/// Patterns of files and folders that are passed over.
///
/// A pattern without `/` is compared with the name of every file and folder, one with `/` with the
/// path below the searched folder; a folder that matches is not entered. `*` stands for any text
/// without `/`, `**` for any text, `?` for one byte other than `/`.
///
/// ```
/// use gstds_data::Exclude;
/// let exclude = Exclude::new(vec!["*_small.jpg".into(), "raw/**".into()]);
/// assert!(exclude.matches("a/b_small.jpg".as_ref()));
/// assert!(exclude.matches("raw/1/2.jpg".as_ref()) && !exclude.matches("a/raw/2.jpg".as_ref()));
/// assert!(exclude.matches("@eaDir".as_ref()) && !exclude.clone().all().matches("@eaDir".as_ref()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclude {
    patterns: Vec<String>,
    defaults: bool,
}

/// Hidden files and folders, caches of previews, bins.
impl Default for Exclude {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Exclude {
    /// Passes over these and over the defaults.
    #[must_use]
    pub fn new(patterns: Vec<String>) -> Self {
        let defaults = true;
        Self { patterns, defaults }
    }

    /// Without the defaults.
    #[must_use]
    pub fn all(mut self) -> Self {
        self.defaults = false;
        self
    }

    /// Whether a file or folder at this path below the searched folder is passed over, for its own
    /// sake; one inside an excluded folder is never looked at.
    #[must_use]
    pub fn matches(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if self.defaults
            && DEFAULTS
                .iter()
                .any(|pattern| glob(pattern.as_bytes(), name))
        {
            return true;
        }
        let parts: Vec<&[u8]> = path.iter().map(|part| part.as_encoded_bytes()).collect();
        let full = parts.join(&b'/');
        self.patterns.iter().any(|pattern| {
            let pattern = pattern.trim_end_matches('/');
            match pattern
                .strip_prefix('/')
                .or(pattern.contains('/').then_some(pattern))
            {
                Some(pattern) => glob(pattern.as_bytes(), &full),
                None => glob(pattern.as_bytes(), name),
            }
        })
    }
}

/// Whether a text is what a pattern stands for. Takes time in proportion to both lengths multiplied.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    // matched[i]: whether the pattern so far stands for the first i bytes.
    let mut matched = vec![false; text.len() + 1];
    matched[0] = true;
    let mut rest = pattern;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'*' {
            let any = rest.first() == Some(&b'*');
            rest = &rest[usize::from(any)..];
            for at in 0..text.len() {
                matched[at + 1] |= matched[at] && (any || text[at] != b'/');
            }
            continue;
        }
        for at in (0..text.len()).rev() {
            let same = text[at] == byte || (byte == b'?' && text[at] != b'/');
            matched[at + 1] = matched[at] && same;
        }
        matched[0] = false;
    }
    matched[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_names_or_paths() {
        for (pattern, text, expected) in [
            ("*.jpg", "a.jpg", true),
            ("*.jpg", "a.jpeg", false),
            ("a*b*c", "a--b--bc", true),
            ("a*b*c", "a--b--b", false),
            ("??", "ab", true),
            ("?", "ab", false),
            ("*", "a/b", false),
            ("**", "a/b", true),
            ("a/**/c", "a/b/b/c", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(
                glob(pattern.as_bytes(), text.as_bytes()),
                expected,
                "{pattern} {text}"
            );
        }
        let hostile = "*a".repeat(500);
        assert!(!glob(hostile.as_bytes(), "a".repeat(499).as_bytes()));
    }

    #[test]
    fn previews_and_hidden_files_are_passed_over_unless_all_are_asked_for() {
        let over = Exclude::default();
        for name in [
            ".a.jpg",
            "@eaDir",
            "x/SYNOPHOTO_THUMB_M.jpg",
            "b/lost+found",
            "__MACOSX",
        ] {
            assert!(over.matches(Path::new(name)), "{name}");
            assert!(!over.clone().all().matches(Path::new(name)), "{name}");
        }
        assert!(!over.matches(Path::new("a/eaDir.jpg")));
        let some = Exclude::new(vec!["thumbs/".into(), "/a/*.png".into()]);
        assert!(some.matches(Path::new("b/thumbs")) && some.matches(Path::new("a/1.png")));
        assert!(!some.matches(Path::new("b/a/1.png")) && !some.matches(Path::new("a/b/1.png")));
    }
}
