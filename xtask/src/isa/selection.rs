//! What a selection dispatches, as the kernel crate recorded it.

use anyhow::{Context, Result};

/// Multiply-adds and bytes, as `gstds::work` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Work {
    pub multiply_adds: f64,
    pub bytes: f64,
}

/// One dispatch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dispatch {
    /// The name of a [`Kernel`](super::parse::Kernel).
    pub kernel: String,
    /// Those that have something to do.
    pub workgroups: f64,
}

/// A stage: what it has to do at least, and its dispatches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage {
    pub name: String,
    pub work: Work,
    pub dispatches: Vec<Dispatch>,
}

/// One selection of f32 rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Selection {
    /// The name of its options.
    pub options: String,
    pub path: String,
    pub rows: u32,
    pub features: u32,
    /// Solver steps after which the recorded ones find nothing to do.
    pub steps_done: usize,
    /// Whether the options take this path by themselves.
    pub is_chosen: bool,
    /// What single workgroups do of the solve.
    pub serial: Work,
    pub stages: Vec<Stage>,
}

/// Reads the lines of a recording.
#[derive(Default)]
pub(crate) struct Recording {
    selection: Option<Selection>,
    bound: String,
}

impl Recording {
    /// Takes a line, and returns the selection where that was its last.
    pub fn line(&mut self, what: &str, rest: &str) -> Result<Option<Selection>> {
        let words: Vec<&str> = rest.split(' ').collect();
        if what == "selection" {
            self.selection = begun(&words).with_context(|| rest.to_owned())?;
        }
        let Some(selection) = &mut self.selection else {
            return Ok(None);
        };
        match (what, &words[..]) {
            ("serial", [fmas, bytes]) => selection.serial = work(fmas, bytes)?,
            ("stage", [name, fmas, bytes]) => selection.stages.push(Stage {
                name: (*name).into(),
                work: work(fmas, bytes)?,
                dispatches: Vec::new(),
            }),
            ("bound", _) => self.bound = rest.into(),
            ("dispatch", sizes) => {
                let stage = selection.stages.last_mut();
                let sizes: Result<Vec<f64>, _> = sizes.iter().map(|it| it.parse()).collect();
                stage
                    .context("a dispatch before any stage")?
                    .dispatches
                    .push(Dispatch {
                        kernel: self.bound.clone(),
                        workgroups: busy(&sizes?),
                    });
            }
            ("end", _) => return Ok(self.selection.take()),
            _ => {}
        }
        Ok(None)
    }
}

/// Workgroups of a grid. A square is one of tiles of a symmetric matrix, of which those below the
/// diagonal leave at once.
fn busy(sizes: &[f64]) -> f64 {
    match *sizes {
        [x, y, z] if x == y && x > 1.0 => x * (x + 1.0) / 2.0 * z,
        _ => sizes.iter().product(),
    }
}

/// The selection that a line begins, where it is of f32.
fn begun(words: &[&str]) -> Result<Option<Selection>> {
    let [path, rows, features, _recorded, done, dtype, chosen] = words else {
        anyhow::bail!("not a selection");
    };
    let selection = Selection {
        path: (*path).into(),
        rows: rows.parse()?,
        features: features.parse()?,
        steps_done: done.parse()?,
        is_chosen: path == chosen,
        ..Selection::default()
    };
    Ok((*dtype == "F32").then_some(selection))
}

fn work(multiply_adds: &str, bytes: &str) -> Result<Work> {
    Ok(Work {
        multiply_adds: multiply_adds.parse()?,
        bytes: bytes.parse()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_read_a_line_at_a_time() {
        let mut recording = Recording::default();
        let lines = [
            ("selection", "dense 256 512 32 16 F16 fused"),
            ("stage", "normalize 1 2"),
            ("end", ""),
            ("selection", "dense 256 512 32 16 F32 fused"),
            ("serial", "5 6"),
            ("stage", "normalize 100 200"),
            ("bound", "product last=1"),
            ("dispatch", "4 3 1"),
            ("bound", "similarity"),
            ("dispatch", "4 4 1"),
            ("stage", "scores 0 0"),
            ("end", ""),
        ];
        let mut found = Vec::new();
        for (what, rest) in lines {
            found.extend(recording.line(what, rest).unwrap());
        }
        let [selection] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(
            (selection.rows, selection.steps_done, selection.is_chosen),
            (256, 16, false)
        );
        assert_eq!(selection.serial, work("5", "6").unwrap());
        assert_eq!(selection.stages[0].work, work("100", "200").unwrap());
        let dispatches = [("product last=1", 12.0), ("similarity", 10.0)];
        let dispatches = dispatches.map(|(kernel, workgroups)| Dispatch {
            kernel: kernel.into(),
            workgroups,
        });
        assert_eq!(selection.stages[0].dispatches, dispatches);
        assert!(selection.stages[1].dispatches.is_empty());
        assert!(recording.line("selection", "dense 256").is_err());
    }
}
