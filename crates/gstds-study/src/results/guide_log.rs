//! The terms of `guided`'s scores, read from the steps in `metrics.jsonl`.

use crate::error::{Error, Result};
use serde::Deserialize;
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

/// A step of `guided` that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GuidePoint {
    pub step: usize,
    /// How far the reference was trusted, from 0 to 1.
    pub gate: f64,
    /// Mean of each term over the batch, weighted as in the score.
    pub class: f64,
    pub reference: f64,
    pub age: f64,
}

/// The keys of a step's line that a point is made of. Where a value was not finite it is null.
#[derive(Deserialize)]
struct StepLine {
    step: usize,
    guide: Option<Guide>,
}

#[derive(Deserialize)]
struct Guide {
    gate: Option<f64>,
    class: Option<f64>,
    reference: Option<f64>,
    age: Option<f64>,
}

/// The steps in a run's `metrics.jsonl` that have the terms of `guided`'s scores; none where the file or such
/// a step is not there. A last line without its end is passed over, and so are other lines.
///
/// # Errors
/// [`Error::Data`] for a file that cannot be read.
pub(crate) fn read_guide(path: &Path) -> Result<Vec<GuidePoint>> {
    let failed = || gstds_data::Error::io("reading", path);
    let file = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::from(failed()(e))),
    };
    let mut points = Vec::new();
    for line in file.split(b'\n') {
        let line = line.map_err(failed())?;
        points.extend(serde_json::from_slice(&line).ok().and_then(point));
    }
    Ok(points)
}

fn point(line: StepLine) -> Option<GuidePoint> {
    let guide = line.guide?;
    Some(GuidePoint {
        step: line.step,
        gate: guide.gate?,
        class: guide.class?,
        reference: guide.reference?,
        age: guide.age?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_with_a_guide_are_read_and_others_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        assert_eq!(read_guide(&path).unwrap(), []);
        let guide = |gate: &str| {
            format!(
                r#"{{"gate":{gate},"accuracy":0.5,"class":2.0,"reference":-0.5,"age":3.5,"class_losses":[1.0]}}"#
            )
        };
        let lines = [
            format!(r#"{{"kind":"step","step":5,"guide":{}}}"#, guide("1.0")),
            r#"{"kind":"step","step":10}"#.into(),
            r#"{"kind":"epoch","epoch":1,"step":10}"#.into(),
            format!(r#"{{"kind":"step","step":15,"guide":{}}}"#, guide("null")),
            format!(r#"{{"kind":"step","step":20,"guide":{}"#, guide("0.5")),
        ];
        std::fs::write(&path, lines.join("\n")).unwrap();
        let expected = GuidePoint {
            step: 5,
            gate: 1.0,
            class: 2.0,
            reference: -0.5,
            age: 3.5,
        };
        assert_eq!(read_guide(&path).unwrap(), [expected]);
    }
}
