//! The file that a selection is written to: CSV, JSON or .npy by its name.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::destination::{self, Error};
use crate::npy;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Csv,
    Json,
    Npy,
}

const FORMATS: [(&str, Format); 3] = [
    ("csv", Format::Csv),
    ("json", Format::Json),
    ("npy", Format::Npy),
];

/// Where a selection goes, found fit before the work that it will hold is begun.
#[derive(Debug)]
pub(crate) struct Target(destination::Target<Format>);

impl Target {
    /// Checks the name, its folder and what stands there already.
    pub(crate) fn new(path: &Path, replace: bool) -> Result<Self, Error> {
        destination::Target::among(&FORMATS, path, replace).map(Self)
    }

    /// Writes a selection.
    pub(crate) fn write(&self, kept: &[u32], scores: &[f32], summary: &Value) -> Result<(), Error> {
        let contents = match self.0.format {
            Format::Csv => csv(kept, scores).into_bytes(),
            Format::Json => json(kept, summary).into_bytes(),
            Format::Npy => npy::indices(kept),
        };
        self.0.destination.write(|file| file.write_all(&contents))
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
}
