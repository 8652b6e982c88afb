//! The class of each row.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gstds_data::counted;
use gstds_data::matrix::{self, npy, safetensors};
use serde_json::Value;

use super::path_list;
use crate::error::{Error, Result};

/// The tensor of a .safetensors file that holds labels.
const TENSOR: &str = "labels";

/// The classes of all rows of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    /// One a class, in ascending order: by number where labels are numbers, else by bytes.
    names: Vec<Vec<u8>>,
    /// The class of each row, by its place in `names`.
    of_rows: Vec<u32>,
}

impl Classes {
    /// The classes of labels that are numbers, text or paths.
    fn of<T: Ord>(labels: &[T], name: impl Fn(&T) -> Vec<u8>) -> Self {
        let distinct: Vec<&T> = BTreeSet::from_iter(labels).into_iter().collect();
        // Every label is among the distinct ones.
        let place = |label| distinct.binary_search(&label).unwrap_or_default() as u32;
        Self {
            of_rows: labels.iter().map(place).collect(),
            names: distinct.into_iter().map(name).collect(),
        }
    }

    /// The classes of rows with these labels, one per row.
    #[must_use]
    pub fn of_numbers(labels: &[i64]) -> Self {
        Self::of(labels, |label| label.to_string().into_bytes())
    }

    /// The folders that images lie in, as their classes.
    #[must_use]
    pub fn of_folders(images: &[PathBuf]) -> Self {
        let folders: Vec<&[u8]> = images.iter().map(|path| path_list::folder(path)).collect();
        Self::of(&folders, |folder| folder.to_vec())
    }

    /// Reads one label per row: a .npy of integers, the tensor `labels` of a .safetensors, or text
    /// with one label per line.
    ///
    /// # Errors
    /// [`Error::Data`] for a file that cannot be read, [`Error::File`] for one without labels or
    /// with another number of them.
    pub fn read(path: &Path, rows: usize) -> Result<Self> {
        let classes = match path.extension().and_then(|extension| extension.to_str()) {
            _ if matrix::is_safetensors(path) => return Self::required(path, rows),
            Some(npy) if npy.eq_ignore_ascii_case("npy") => {
                let (mut file, size) = matrix::open(path)?;
                Self::of_numbers(&npy::labels(path, &mut file, size)?)
            }
            _ => {
                let parsed = Self::parse(&path_list::lines(path)?);
                parsed.map_err(|reason| Error::file(path, reason))?
            }
        };
        classes.one_a_row(path, rows)
    }

    /// Reads the tensor `labels` beside the features of a .safetensors file; none where it has no
    /// such tensor.
    ///
    /// # Errors
    /// As [`Classes::read`].
    pub fn beside(features: &Path, rows: usize) -> Result<Option<Self>> {
        let (mut file, size) = matrix::open(features)?;
        let labels = safetensors::labels(features, &mut file, size, TENSOR)?;
        let classes = labels.map(|labels| Self::of_numbers(&labels));
        classes
            .map(|classes| classes.one_a_row(features, rows))
            .transpose()
    }

    fn required(path: &Path, rows: usize) -> Result<Self> {
        let missing = || Error::file(path, format!("it has no tensor '{TENSOR}'"));
        Self::beside(path, rows)?.ok_or_else(missing)
    }

    fn one_a_row(self, path: &Path, rows: usize) -> Result<Self> {
        match self.of_rows.len() {
            labels if labels == rows => Ok(self),
            labels => Err(Error::file(
                path,
                format!(
                    "it has {} for {}; one per row is needed",
                    counted(labels, "label", "labels"),
                    counted(rows, "row", "rows")
                ),
            )),
        }
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let labels: Vec<&[u8]> = path_list::split(text).collect();
        match labels.iter().position(|label| label.is_empty()) {
            Some(line) => Err(format!(
                "line {} is empty; write one label per line",
                line + 1
            )),
            None => Ok(Self::of(&labels, |label| label.to_vec())),
        }
    }

    /// Names of the classes in ascending order; not always UTF-8.
    #[must_use]
    pub fn names(&self) -> &[Vec<u8>] {
        &self.names
    }

    /// The class of each row, by its place in [`Classes::names`].
    #[must_use]
    pub fn of_rows(&self) -> &[u32] {
        &self.of_rows
    }

    /// Places of the classes that have no row, where rows were left out.
    pub(crate) fn without_rows(&self) -> Vec<usize> {
        let mut is_empty = vec![true; self.names.len()];
        for &class in &self.of_rows {
            is_empty[class as usize] = false;
        }
        (0..is_empty.len())
            .filter(|&class| is_empty[class])
            .collect()
    }

    /// The name of a row's class.
    pub(crate) fn name_of(&self, row: usize) -> &[u8] {
        &self.names[self.of_rows[row] as usize]
    }

    /// The name of a class for people: bytes that are not UTF-8 as `\xNN`, no control characters.
    pub(crate) fn shown(&self, class: usize) -> String {
        path_list::shown(&self.names[class]).replace(char::is_control, "\u{fffd}")
    }

    /// The name of a class in JSON: text, or the bytes where it is not UTF-8.
    pub(crate) fn json_name(&self, class: usize) -> Value {
        path_list::json_text(&self.names[class])
    }

    /// Keeps only these rows; the names stay.
    pub(crate) fn retain(&mut self, rows: &[usize]) {
        self.of_rows = rows.iter().map(|&row| self.of_rows[row]).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn classes_come_in_ascending_order() {
        let classes = Classes::of_numbers(&[10, -3, 10, 9]);
        assert_eq!(
            classes.names,
            [b"-3".to_vec(), b"9".to_vec(), b"10".to_vec()]
        );
        assert_eq!(classes.of_rows, [2, 0, 2, 1]);
        let classes = Classes::parse(b"dog\ncat\r\ndog").unwrap();
        assert_eq!(classes.names, [b"cat".to_vec(), b"dog".to_vec()]);
        assert_eq!(classes.of_rows, [1, 0, 1]);
        assert!(Classes::parse(b"a\n\nb\n").unwrap_err().contains("line 2"));
        let folders = ["b/1.png", "a/2.png", "3.png"].map(PathBuf::from);
        assert_eq!(Classes::of_folders(&folders).of_rows, [2, 1, 0]);
    }

    proptest! {
        #[test]
        fn any_text_gives_each_line_its_class(text in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(classes) = Classes::parse(&text) {
                let lines: Vec<&[u8]> = path_list::split(&text).collect();
                let named: Vec<&[u8]> =
                    classes.of_rows.iter().map(|&class| &classes.names[class as usize][..]).collect();
                prop_assert_eq!(named, lines);
            }
        }

        #[test]
        fn any_file_of_labels_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (path, size) = (Path::new("labels"), bytes.len() as u64);
            let _ = npy::labels(path, &mut std::io::Cursor::new(&bytes), size);
            let _ = safetensors::labels(path, &mut std::io::Cursor::new(&bytes), size, TENSOR);
        }
    }
}
