//! The file that a selection is written to: CSV, JSON or .npy by its name, whole or not at all.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::npy;

/// Why a selection cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "{path} has none of the extensions .csv, .json and .npy that say how to write it; rename the output"
    )]
    Extension { path: PathBuf },
    #[error("{path} exists already; choose another name, or replace it with --force")]
    Exists { path: PathBuf },
    #[error("{path} exists and is not a regular file; choose another name")]
    NotAFile { path: PathBuf },
    #[error("the folder {folder} for the output does not exist; make it first")]
    NoFolder { folder: PathBuf },
    #[error("{path} could not be written and nothing was left behind: {source}")]
    Write { path: PathBuf, source: io::Error },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Csv,
    Json,
    Npy,
}

/// Where a selection goes, found fit before the work that it will hold is begun.
#[derive(Debug)]
pub(crate) struct Target {
    path: PathBuf,
    format: Format,
    replace: bool,
}

impl Target {
    /// Checks the name, its folder and what stands there already.
    pub(crate) fn new(path: &Path, replace: bool) -> Result<Self, Error> {
        let path = path.to_path_buf();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let format = match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Format::Csv,
            Some("json") => Format::Json,
            Some("npy") => Format::Npy,
            _ => return Err(Error::Extension { path }),
        };
        // Follows links, so that one to a device is not taken for a file.
        if fs::metadata(&path).is_ok_and(|about| !about.is_file()) {
            return Err(Error::NotAFile { path });
        }
        if !replace && fs::symlink_metadata(&path).is_ok() {
            return Err(Error::Exists { path });
        }
        let folder = folder(&path).to_path_buf();
        if !folder.is_dir() {
            return Err(Error::NoFolder { folder });
        }
        Ok(Self {
            path,
            format,
            replace,
        })
    }

    /// Writes a selection: to a temporary file beside the target, which then takes its name.
    pub(crate) fn write(&self, kept: &[u32], scores: &[f32], summary: &Value) -> Result<(), Error> {
        let contents = match self.format {
            Format::Csv => csv(kept, scores).into_bytes(),
            Format::Json => json(kept, summary).into_bytes(),
            Format::Npy => npy::indices(kept),
        };
        self.place(&contents).map_err(|source| match source.kind() {
            // Made by someone else since `new` looked.
            io::ErrorKind::AlreadyExists if !self.replace => Error::Exists {
                path: self.path.clone(),
            },
            _ => Error::Write {
                path: self.path.clone(),
                source,
            },
        })
    }

    fn place(&self, contents: &[u8]) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gstds-");
        #[cfg(unix)]
        // What any new file gets; a temporary one is the owner's alone by default.
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder(&self.path))?;
        file.write_all(contents)?;
        // Some file systems find out only here that the disk is full.
        file.as_file().sync_all()?;
        let placed = if self.replace {
            file.persist(&self.path)
        } else {
            file.persist_noclobber(&self.path)
        };
        placed.map(drop).map_err(|error| error.error)
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// One line per row in index order.
fn csv(kept: &[u32], scores: &[f32]) -> String {
    let mut is_kept = vec![0; scores.len()];
    for &row in kept {
        is_kept[row as usize] = 1;
    }
    let mut text = String::from("index,score,kept\n");
    for (index, (score, kept)) in scores.iter().zip(is_kept).enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{index},{score},{kept}");
    }
    text
}

/// The summary, and the kept indices beside it.
fn json(kept: &[u32], summary: &Value) -> String {
    let mut object = summary.clone();
    object["indices"] = json!(kept);
    format!("{object}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_has_a_line_per_row_in_index_order() {
        let text = csv(&[2, 0], &[0.5, -1.25e-7, f32::NAN]);
        assert_eq!(
            text,
            "index,score,kept\n0,0.5,1\n1,-0.000000125,0\n2,NaN,1\n"
        );
    }

    #[test]
    fn json_carries_indices_beside_the_summary() {
        let text = json(&[4, 1], &json!({"rows": 6, "kept": 2}));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, json!({"rows": 6, "kept": 2, "indices": [4, 1]}));
    }

    #[test]
    fn the_name_decides_the_format() {
        let folder = tempfile::tempdir().unwrap();
        for (name, format) in [
            ("a.csv", Format::Csv),
            ("b.JSON", Format::Json),
            ("c.npy", Format::Npy),
        ] {
            assert_eq!(
                Target::new(&folder.path().join(name), false)
                    .unwrap()
                    .format,
                format
            );
        }
        let nameless = Target::new(&folder.path().join("kept"), false);
        assert!(matches!(nameless, Err(Error::Extension { .. })));
    }

    #[test]
    fn what_exists_is_kept_unless_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.csv");
        fs::write(&path, "mine").unwrap();
        assert!(matches!(
            Target::new(&path, false),
            Err(Error::Exists { .. })
        ));
        Target::new(&path, true)
            .unwrap()
            .write(&[0], &[1.0], &json!({}))
            .unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "index,score,kept\n0,1,1\n"
        );
    }

    #[test]
    fn a_file_made_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.csv");
        let target = Target::new(&path, false).unwrap();
        fs::write(&path, "theirs").unwrap();
        let result = target.write(&[0], &[1.0], &json!({}));
        assert!(matches!(result, Err(Error::Exists { .. })), "{result:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_or_a_device_is_no_output() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.csv");
        fs::create_dir(&path).unwrap();
        assert!(matches!(
            Target::new(&path, true),
            Err(Error::NotAFile { .. })
        ));
        let nowhere = Target::new(&folder.path().join("none/kept.csv"), false);
        assert!(matches!(nowhere, Err(Error::NoFolder { .. })));
    }
}
