//! Lists of image paths, the bytes they are made of, and which stay inside a folder.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use gstds_data::matrix;
use serde_json::{Value, json};

use super::table_list;
use crate::error::{Error, Result};

/// What some editors begin UTF-8 with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a list of image paths, one per line, relative to `root` or absolute; or the paths of all
/// rows of a table that [`TableFile`](crate::TableFile) wrote as CSV.
///
/// Absolute paths inside `root` come back relative to it, and all without `.` components, so that
/// one image is one path however it is written. Blank lines at the end are ignored.
///
/// # Errors
/// [`Error::Data`] for a file that cannot be read, [`Error::File`] with the line for one that
/// lists no path, an empty line before the last path, or an image twice.
pub fn read(list: &Path, root: &Path) -> Result<Vec<PathBuf>> {
    let parsed = parse(&lines(list)?, &roots_of(root), |_| true);
    parsed.map_err(|reason| Error::file(list, reason))
}

/// The same, of a table only the rows that are kept.
///
/// # Errors
/// As [`read_path_list`](read).
pub fn read_kept(list: &Path, root: &Path) -> Result<Vec<PathBuf>> {
    let parsed = parse(&lines(list)?, &roots_of(root), |is_kept| is_kept);
    parsed.map_err(|reason| Error::file(list, reason))
}

/// Image files as a list gives them: below the current folder relative to it, each once.
///
/// # Errors
/// [`Error::File`] for a path that is given twice.
pub fn image_files(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let roots = roots_of(Path::new("."));
    let mut paths = Vec::new();
    let mut seen = HashSet::new();
    for file in files {
        let path = below(file.clone(), &roots);
        if !seen.insert(path.clone()) {
            return Err(Error::file(file, "it is given twice; give each image once"));
        }
        paths.push(path);
    }
    Ok(paths)
}

fn roots_of(root: &Path) -> Vec<PathBuf> {
    let full = std::path::absolute(root).map(|root| plain(&root));
    full.into_iter().chain(root.canonicalize()).collect()
}

/// A path without `.` and repeated separators.
fn plain(path: &Path) -> PathBuf {
    let parts = path.components();
    parts.filter(|part| *part != Component::CurDir).collect()
}

/// A path relative to one of these roots if it is inside it; plain, and never empty.
fn below(path: PathBuf, roots: &[PathBuf]) -> PathBuf {
    let plain = plain(&path);
    let below = roots.iter().find_map(|root| plain.strip_prefix(root).ok());
    let below = below.unwrap_or(&plain);
    match below.as_os_str().is_empty() {
        true => path,
        false => below.to_path_buf(),
    }
}

/// The bytes of a regular text file, without a byte order mark.
pub(crate) fn lines(path: &Path) -> Result<Vec<u8>> {
    let (mut file, _) = matrix::open(path)?;
    let mut text = Vec::new();
    let read = std::io::Read::read_to_end(&mut file, &mut text);
    read.map_err(gstds_data::Error::io("reading", path))?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(text)
}

/// The lines of a text without their endings; the last one need not be ended, and blank ones at the
/// end do not count.
pub(crate) fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let blank = |byte: &&u8| matches!(byte, b'\n' | b'\r');
    let ended = &text[..text.len() - text.iter().rev().take_while(blank).count()];
    let some = (!ended.is_empty()).then(|| ended.split(|&byte| byte == b'\n'));
    some.into_iter()
        .flatten()
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// `wanted` chooses among the rows of a table by whether they are kept.
fn parse(
    text: &[u8],
    roots: &[PathBuf],
    wanted: impl Fn(bool) -> bool,
) -> Result<Vec<PathBuf>, String> {
    let listed: Vec<(usize, Vec<u8>)> = match table_list::is_table(text) {
        true => {
            let table = table_list::parse(text)?;
            let rows = table.paths.into_iter().zip(table.kept);
            rows.filter(|&(_, kept)| wanted(kept))
                .map(|(row, _)| row)
                .collect()
        }
        false => (1..).zip(split(text).map(<[u8]>::to_vec)).collect(),
    };
    let mut paths = Vec::new();
    let mut seen = HashMap::new();
    for (line, bytes) in &listed {
        if bytes.is_empty() {
            return Err(format!("line {line} is empty; write one path per line"));
        }
        let path =
            path(bytes).ok_or_else(|| format!("line {line} is not a path on this system"))?;
        let path = below(path, roots);
        if let Some(first) = seen.insert(path.clone(), line) {
            return Err(format!(
                "line {line} repeats line {first}; list each image once"
            ));
        }
        paths.push(path);
    }
    match paths.is_empty() {
        true => Err("it lists no paths; write one per line".into()),
        false => Ok(paths),
    }
}

fn path(bytes: &[u8]) -> Option<PathBuf> {
    if bytes.contains(&0) {
        return None;
    }
    #[cfg(unix)]
    let name: Option<OsString> = Some(std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec()));
    #[cfg(not(unix))]
    let name = String::from_utf8(bytes.to_vec()).ok().map(OsString::from);
    name.map(PathBuf::from)
}

/// The bytes of a path as the system stores them.
pub(crate) fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// The folder of a path, `.` where it names none.
pub(crate) fn folder(path: &Path) -> &[u8] {
    match path.parent().map(bytes) {
        None | Some(b"") => b".",
        Some(folder) => folder,
    }
}

/// UTF-8 for tables: the bytes where they are UTF-8, else with `\xNN` for each byte that is not.
pub(crate) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut shown = String::new();
    for piece in bytes.utf8_chunks() {
        shown.push_str(piece.valid());
        for byte in piece.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown.into()
}

/// Text where the bytes are UTF-8, else an array of them, so that nothing is lost.
pub(crate) fn json_text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!(bytes),
    }
}

/// Whether a path stays inside the folder that it is relative to.
pub(crate) fn is_below(path: &Path) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    path.components().all(plain) && path.components().next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_bad_list_has_its_sentence() {
        let cases: [(&[u8], &str); 6] = [
            (b"", "lists no paths"),
            (b"a.png\n\nb.png\n", "line 2 is empty"),
            (b"\n", "lists no paths"),
            (b"\n\na\n", "line 1 is empty"),
            (b"a.png\nb.png\na.png", "line 3 repeats line 1"),
            (b"a\0b\n", "line 1 is not a path"),
        ];
        for (text, sentence) in cases {
            let error = parse(text, &[], |_| true).unwrap_err();
            assert!(error.contains(sentence), "{error}");
        }
    }

    #[test]
    fn blank_lines_at_the_end_are_ignored() {
        let expected = ["a.png", "b.png"].map(PathBuf::from);
        for end in ["", "\n", "\n\n", "\r\n\r\n\n"] {
            let text = format!("a.png\nb.png{end}");
            assert_eq!(parse(text.as_bytes(), &[], |_| true).unwrap(), expected);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_by_their_digits() {
        assert_eq!(shown("ä\\.png".as_bytes()), "ä\\.png");
        assert_eq!(shown(b"\xe4b\xff\xfe.png"), "\\xe4b\\xff\\xfe.png");
    }

    #[test]
    fn of_a_table_all_rows_or_the_kept_ones_are_listed() {
        let text = b"index,score,kept,path\n0,1,0,a.png\n1,1,1,b.png\n";
        assert_eq!(parse(text, &[], |_| true).unwrap().len(), 2);
        assert_eq!(
            parse(text, &[], |kept| kept).unwrap(),
            [PathBuf::from("b.png")]
        );
    }

    #[test]
    fn only_what_stays_below_is_below() {
        for below in ["a.png", "a/b.png", "./a.png", "a/../b"] {
            let expected = !below.contains("..") && !below.starts_with('.');
            assert_eq!(is_below(Path::new(below)), expected, "{below}");
        }
        for outside in ["", "/a.png", "../a.png", "a/../../b", ".."] {
            assert!(!is_below(Path::new(outside)), "{outside}");
        }
        assert_eq!(folder(Path::new("a.png")), b".");
        assert_eq!(folder(Path::new("a/b/c.png")), b"a/b");
    }

    #[test]
    fn one_image_is_one_path_however_it_is_written() {
        let house = tempfile::tempdir().unwrap();
        let list = house.path().join("l.txt");
        let root = house.path().join("root");
        std::fs::create_dir_all(root.join("a")).unwrap();
        let real = root.canonicalize().unwrap();
        let listed = |text: String, root: &Path| {
            std::fs::write(&list, text).unwrap();
            read(&list, root)
        };
        let text = format!(
            "\u{feff}./a/x.png\na//y.png\n{}/./z.png\n.\n",
            real.display()
        );
        let expected = ["a/x.png", "a/y.png", "z.png", "."].map(PathBuf::from);
        for root in [root.clone(), root.join("../root")] {
            assert_eq!(
                listed(text.clone(), &root).unwrap(),
                expected,
                "{}",
                root.display()
            );
        }
        for again in [
            "y.png\n./y.png",
            "a/b\na//b",
            &format!("y.png\n{}/y.png", real.display()),
        ] {
            let error = listed(again.into(), &root.join("../root")).unwrap_err();
            assert!(
                error.to_string().contains("line 2 repeats line 1"),
                "{again}: {error}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_list_or_an_error(text in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(paths) = parse(&text, &[], |_| true) {
                prop_assert_eq!(paths.len(), split(&text).count());
            }
        }

        #[cfg(unix)]
        #[test]
        fn a_list_that_was_written_is_read(
            names in prop::collection::btree_set("[^\\x00\\r\\n/]{1,9}", 1..9),
            stray in 0x80_u8..,
        ) {
            let mut text = Vec::new();
            for name in &names {
                text.extend(name.bytes());
                text.extend([stray, b'\n']);
            }
            let paths = parse(&text, &[], |_| true).unwrap();
            prop_assert_eq!(paths.len(), names.len());
            for (path, name) in paths.iter().zip(&names) {
                prop_assert_eq!(bytes(path), [name.as_bytes(), &[stray]].concat());
            }
        }
    }
}
