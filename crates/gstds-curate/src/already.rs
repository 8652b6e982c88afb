//! Rows that were chosen before, from a file.

use std::path::Path;

use gstds_data::matrix::{self, npy};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::pool::path_list;

/// Reads row numbers: a .npy of integers, a .json as a selection is written to or with a list alone,
/// or text with one number per line.
///
/// # Errors
/// [`Error::Data`] for a file that cannot be read, [`Error::File`] for one that has no row numbers.
pub fn read_rows(path: &Path) -> Result<Vec<u32>> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is = |name: &str| extension.is_some_and(|found| found.eq_ignore_ascii_case(name));
    let rows = if is("npy") {
        let (mut file, size) = matrix::open(path)?;
        let rows = npy::rows(path, &mut file, size)?;
        rows.into_iter()
            .map(|row| u32::try_from(row).map_err(|_| format!("{row} is no row number")))
            .collect()
    } else if is("json") {
        of_json(&path_list::lines(path)?)
    } else {
        of_lines(&path_list::lines(path)?)
    };
    rows.map_err(|reason: String| Error::file(path, reason))
}

fn of_json(text: &[u8]) -> Result<Vec<u32>, String> {
    let value: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let list = value.get("indices").unwrap_or(&value);
    serde_json::from_value(list.clone()).map_err(|_| {
        "it is neither a list of row numbers nor has one under \"indices\", as select writes it"
            .into()
    })
}

fn of_lines(text: &[u8]) -> Result<Vec<u32>, String> {
    let number = |(line, text): (usize, &[u8])| {
        let text = String::from_utf8_lossy(text);
        text.trim().parse().map_err(|_| {
            format!(
                "line {} is '{}'; write one row number per line, or give a .npy or .json as select writes it",
                line + 1,
                text.chars().take(40).collect::<String>(),
            )
        })
    };
    path_list::split(text).enumerate().map(number).collect()
}

/// That each is a row of the pool, and given once.
pub(crate) fn check(already: &[u32], rows: usize) -> Result<()> {
    let mut seen = vec![false; if already.is_empty() { 0 } else { rows }];
    for &row in already {
        let last = rows.saturating_sub(1) as u32;
        let place = seen.get_mut(row as usize);
        let place = place.ok_or(gstds::Error::NoSuchRow { row, last })?;
        if std::mem::replace(place, true) {
            return Err(gstds::Error::AlreadyTwice { row }.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_selections_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            read_rows(&path)
        };
        assert_eq!(file("a.npy", &npy::indices(&[3, 1])).unwrap(), [3, 1]);
        assert_eq!(
            file("b.json", br#"{"kept": 2, "indices": [3, 1]}"#).unwrap(),
            [3, 1]
        );
        assert_eq!(file("c.json", b"[5]").unwrap(), [5]);
        assert_eq!(file("d.txt", b"3\n 1\r\n").unwrap(), [3, 1]);
        for (name, bytes) in [
            ("e.txt", &b"3\nx,1"[..]),
            ("f.json", b"{}"),
            ("g.json", b"[-1]"),
            ("h.txt", b"-1"),
        ] {
            let error = file(name, bytes).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn rows_that_there_are_not_are_refused() {
        assert!(check(&[0, 4, 2], 5).is_ok());
        assert!(
            check(&[5], 5)
                .unwrap_err()
                .to_string()
                .contains("numbered 0 to 4")
        );
        assert!(check(&[1, 1], 5).unwrap_err().to_string().contains("twice"));
    }
}
