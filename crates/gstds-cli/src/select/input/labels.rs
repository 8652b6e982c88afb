//! Which class each row is of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::paths;
use crate::exit::Failure;
use gstds_data::matrix::npy;
use gstds_data::matrix::{self, safetensors};

/// The tensor of a .safetensors file that holds labels.
const TENSOR: &str = "labels";

/// The classes of all rows.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::select) struct Classes {
    /// One a class, in ascending order: by number where labels are numbers, else by bytes.
    pub(in crate::select) names: Vec<Vec<u8>>,
    /// The class of each row, by its place in `names`.
    pub(in crate::select) of: Vec<u32>,
}

impl Classes {
    /// The classes of labels that are numbers, text or paths.
    fn of<T: Ord>(labels: &[T], name: impl Fn(&T) -> Vec<u8>) -> Self {
        let distinct: Vec<&T> = BTreeSet::from_iter(labels).into_iter().collect();
        // Every label is among the distinct ones.
        let place = |label| distinct.binary_search(&label).unwrap_or_default() as u32;
        Self {
            of: labels.iter().map(place).collect(),
            names: distinct.into_iter().map(name).collect(),
        }
    }

    fn of_numbers(labels: &[i64]) -> Self {
        Self::of(labels, |label| label.to_string().into_bytes())
    }

    /// Those of the folders that images lie in.
    pub(in crate::select) fn of_folders(images: &[PathBuf]) -> Self {
        let folders: Vec<&[u8]> = images.iter().map(|path| paths::folder(path)).collect();
        Self::of(&folders, |folder| folder.to_vec())
    }

    /// Those that a file names, one a row: .npy of whole numbers, the tensor `labels` of a
    /// .safetensors, or text with a label a line.
    pub(in crate::select) fn read(path: &Path, rows: usize) -> Result<Self, Failure> {
        let classes = match path.extension().and_then(|extension| extension.to_str()) {
            _ if matrix::is_safetensors(path) => {
                let wanted = Self::in_tensors(path)?;
                wanted.ok_or_else(|| paths::bad(path, "it has no tensor 'labels'"))?
            }
            Some(npy) if npy.eq_ignore_ascii_case("npy") => {
                let (mut file, size) = matrix::open(path)?;
                Self::of_numbers(&npy::labels(path, &mut file, size)?)
            }
            _ => Self::parse(&paths::lines(path)?).map_err(|reason| paths::bad(path, &reason))?,
        };
        let labels = classes.of.len();
        if labels != rows {
            return Err(paths::bad(
                path,
                &format!("it has {labels} labels for {rows} rows; one a row is needed"),
            ));
        }
        Ok(classes)
    }

    /// Those in the tensor `labels` of a .safetensors file, if it has one.
    pub(in crate::select) fn in_tensors(path: &Path) -> Result<Option<Self>, Failure> {
        let (mut file, size) = matrix::open(path)?;
        let labels = safetensors::labels(path, &mut file, size, TENSOR)?;
        Ok(labels.map(|labels| Self::of_numbers(&labels)))
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let labels: Vec<&[u8]> = paths::split(text).collect();
        match labels.iter().position(|label| label.is_empty()) {
            Some(line) => Err(format!(
                "line {} is empty; write one label a line",
                line + 1
            )),
            None => Ok(Self::of(&labels, |label| label.to_vec())),
        }
    }

    /// The classes of some rows; those that none of them is of stay.
    pub(in crate::select) fn only(mut self, rows: &[usize]) -> Self {
        self.of = rows.iter().map(|&row| self.of[row]).collect();
        self
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
        assert_eq!(classes.of, [2, 0, 2, 1]);
        let classes = Classes::parse(b"dog\ncat\r\ndog").unwrap();
        assert_eq!(classes.names, [b"cat".to_vec(), b"dog".to_vec()]);
        assert_eq!(classes.of, [1, 0, 1]);
        assert!(Classes::parse(b"a\n\nb\n").unwrap_err().contains("line 2"));
        let folders = ["b/1.png", "a/2.png", "3.png"].map(PathBuf::from);
        assert_eq!(Classes::of_folders(&folders).of, [2, 1, 0]);
    }

    proptest! {
        #[test]
        fn any_text_gives_each_line_its_class(text in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(classes) = Classes::parse(&text) {
                let lines: Vec<&[u8]> = paths::split(&text).collect();
                let named: Vec<&[u8]> =
                    classes.of.iter().map(|&class| &classes.names[class as usize][..]).collect();
                prop_assert_eq!(named, lines);
            }
        }

        #[test]
        fn any_file_of_labels_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (path, size) = (Path::new("labels"), bytes.len() as u64);
            let file = || std::io::Cursor::new(&bytes);
            let _ = npy::labels(path, &mut file(), size);
            let _ = safetensors::labels(path, &mut file(), size, TENSOR);
        }
    }
}
