//! The figures of a selection, as JSON and in one line of text.

use std::fmt;

use gstds::Flags;
use gstds_data::counted;
use serde::Serialize;
use serde_json::Value;

use crate::partition::Partition;
use crate::plan::DevicePlan;
use crate::select::PoolSelection;

/// The figures of a selection. Of several parts: the smallest λ2 and the largest residual of those
/// that were solved, the most steps, and the flags of any.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelectionSummary {
    /// Rows of the pool.
    pub rows: usize,
    /// Features of a row.
    pub features: usize,
    /// Rows that are neither zero, NaN nor infinite; none where the features were not read.
    pub valid: Option<u64>,
    /// Kept rows.
    pub kept: usize,
    /// Algebraic connectivity; none where nothing was solved.
    pub lambda2: Option<f32>,
    /// Residual of the Fiedler vector, relative to 1 (sym) or the largest degree (un).
    pub residual: Option<f32>,
    /// The rule that kept them.
    pub rule: &'static str,
    /// The path that was taken; `none` where no graph is solved.
    pub path: &'static str,
    /// What a coverage rule reached, as in [`PoolSelection`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<f64>,
    /// Rows that were chosen before, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub already: Option<usize>,
    /// Solver steps.
    pub steps: Option<u32>,
    /// Names of the kernels' flags.
    pub flags: Vec<&'static str>,
    /// Time on the device.
    pub milliseconds: f64,
    /// The clock that measured it.
    pub clock: &'static str,
    /// The adapter's name.
    pub adapter: String,
    /// Bytes on the host, predicted.
    pub host_bytes: u64,
    /// Bytes on the device, predicted.
    pub device_bytes: u64,
    /// Rows of parts that keep none, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsolved_rows: Option<u64>,
    /// Batches, where the rows are divided into such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches: Option<usize>,
    /// The classes, where they divide the rows; last those of which no row is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<ClassSummary>>,
    /// Near-duplicates, where requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_duplicates: Option<DuplicateSummary>,
    /// Rows whose most likely class is not that of their label, where labels were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_suspect_rows: Option<usize>,
    /// Images that could not be decoded, where rows are images that were decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<usize>,
}

/// What was kept of a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassSummary {
    /// Its name: text, or its bytes where it is not UTF-8.
    pub class: Value,
    /// Its rows.
    pub rows: usize,
    /// Those that are kept.
    pub kept: usize,
    /// As in [`SelectionSummary`].
    pub lambda2: Option<f32>,
    /// As in [`SelectionSummary`].
    pub residual: Option<f32>,
}

/// How many rows are near-duplicates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DuplicateSummary {
    /// Cosine similarity to the survivor from which a row belongs to its group.
    pub threshold: f32,
    /// Which row of a group survives.
    pub survivor: &'static str,
    /// Groups of at least two rows.
    pub groups: usize,
    /// Rows in them beside the survivors.
    pub rows: usize,
    /// Whether those were left out of the selection.
    pub dropped: bool,
    /// Rows whose image file has the bytes of an earlier one's, where rows have images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact_copies: Option<usize>,
}

impl DuplicateSummary {
    fn of(device: &DevicePlan<'_>, selection: &PoolSelection) -> Option<Self> {
        let search = device.plan.request.near_duplicates?;
        let found = selection.near_duplicates.as_ref()?;
        Some(Self {
            threshold: found.threshold,
            survivor: search.survivor.name(),
            groups: found.lists().len(),
            rows: found.rows(),
            dropped: search.drop,
            exact_copies: found.exact_copies(),
        })
    }
}

/// As the end of a selection's line.
impl fmt::Display for DuplicateSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = counted(self.rows, "near-duplicate", "near-duplicates");
        let groups = counted(self.groups, "group", "groups");
        let dropped = if self.dropped { " dropped" } else { "" };
        write!(f, " · {rows} in {groups}{dropped}")?;
        match self.exact_copies {
            Some(copies @ 1..) => {
                write!(f, ", {}", counted(copies, "exact copy", "exact copies"))
            }
            _ => Ok(()),
        }
    }
}

impl SelectionSummary {
    /// The figures of a selection that `device` made.
    #[must_use]
    pub fn new(device: &DevicePlan<'_>, selection: &PoolSelection) -> Self {
        let plan = device.plan;
        let statuses = || selection.statuses.iter().flatten();
        let solved = || statuses().filter(|status| status.steps > 0);
        let flags = statuses().fold(0, |flags, status| flags | status.flags);
        let parts = plan.parts.iter().zip(&selection.statuses);
        let unsolved = parts.filter(|(part, status)| match plan.solves() {
            true => status.is_none(),
            false => part.keep == 0,
        });
        let unsolved = unsolved
            .map(|(part, _)| part.rows.len() as u64)
            .sum::<u64>();
        let rows = plan.layout.rows;
        let invalid = selection.invalid.as_ref();
        Self {
            rows,
            features: plan.layout.features,
            valid: invalid.map(|invalid| (rows - invalid.len()) as u64),
            kept: selection.kept.len(),
            lambda2: solved().map(|status| status.lambda2).reduce(f32::min),
            residual: solved().map(|status| status.residual).reduce(f32::max),
            rule: plan.request.rule_name(),
            path: device.path_name(),
            objective: selection.objective,
            already: Some(plan.request.already().len()).filter(|&count| count > 0),
            steps: statuses().map(|status| status.steps).max(),
            flags: Flags::from_bits(flags).names().collect(),
            milliseconds: selection.time.as_secs_f64() * 1e3,
            clock: selection.clock.name(),
            adapter: device.gpu.adapter.get_info().name,
            host_bytes: plan.host_bytes(),
            device_bytes: device.bytes(),
            unsolved_rows: (unsolved > 0).then_some(unsolved),
            batches: match plan.request.partition {
                Partition::Batches { .. } => Some(plan.parts.len()),
                _ => None,
            },
            classes: classes(device, selection),
            near_duplicates: DuplicateSummary::of(device, selection),
            label_suspect_rows: label_suspects(device, selection),
            left_out: None,
        }
    }
}

impl SelectionSummary {
    /// Rows that are zero, NaN or infinite, as far as that is known.
    #[must_use]
    pub fn invalid_rows(&self) -> u64 {
        self.valid.map_or(0, |valid| self.rows as u64 - valid)
    }
}

fn label_suspects(device: &DevicePlan<'_>, selection: &PoolSelection) -> Option<usize> {
    let labels = device.plan.request.label_suspects.as_ref()?;
    let found = selection.label_losses.as_ref()?;
    Some(found.suspects(labels).len())
}

fn classes(device: &DevicePlan<'_>, selection: &PoolSelection) -> Option<Vec<ClassSummary>> {
    let plan = device.plan;
    let classes = plan.request.partition.classes()?;
    // Where near-duplicates are dropped, shares are not those of the plan.
    let mut kept = vec![0; classes.names().len()];
    for &row in &selection.kept {
        kept[classes.of_rows()[row as usize] as usize] += 1;
    }
    let parts = plan.parts.iter().zip(&selection.statuses);
    let solved = parts.filter_map(|(part, status)| {
        let status = status.filter(|status| status.steps > 0);
        Some(ClassSummary {
            class: classes.json_name(part.class?),
            rows: part.rows.len(),
            kept: kept[part.class?],
            lambda2: status.map(|status| status.lambda2),
            residual: status.map(|status| status.residual),
        })
    });
    let empty = classes
        .without_rows()
        .into_iter()
        .map(|class| ClassSummary {
            class: classes.json_name(class),
            rows: 0,
            kept: 0,
            lambda2: None,
            residual: None,
        });
    Some(solved.chain(empty).collect())
}

/// One line with every figure.
impl fmt::Display for SelectionSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_rows(f)?;
        self.fmt_solve(f)?;
        let flags = match self.flags.is_empty() {
            true => "none".into(),
            false => self.flags.join(","),
        };
        let (time, clock) = (self.milliseconds, self.clock);
        write!(
            f,
            " · flags {flags} · {time:.2} ms ({clock}, {})",
            self.adapter
        )?;
        if let Some(found) = &self.near_duplicates {
            found.fmt(f)?;
        }
        if let Some(rows) = self.label_suspect_rows {
            let suspects = counted(rows, "label suspect", "label suspects");
            write!(f, " · {suspects}")?;
        }
        Ok(())
    }
}

impl SelectionSummary {
    /// How many rows there are, and how many are kept of what.
    fn fmt_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows {}", self.rows)?;
        match self.invalid_rows() {
            0 => {}
            invalid => write!(f, " ({invalid} zero, NaN or infinite)")?,
        }
        write!(f, " · kept {}", self.kept)?;
        if let Some(already) = self.already {
            write!(f, " beside {already}")?;
        }
        match (self.batches, &self.classes) {
            (Some(batches), _) => write!(f, " in {}", counted(batches, "batch", "batches")),
            (None, Some(classes)) => {
                let some = classes.iter().filter(|class| class.rows > 0).count();
                write!(f, " in {}", counted(some, "class", "classes"))
            }
            (None, None) => Ok(()),
        }
    }

    /// By what they were chosen.
    fn fmt_solve(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps.unwrap_or(0);
        let steps = counted(steps as usize, "step", "steps");
        write!(f, " · path {}, {steps}, rule {} · ", self.path, self.rule)?;
        match (self.lambda2, self.residual) {
            (Some(lambda2), Some(residual)) => {
                write!(f, "λ2 {lambda2:.6} · residual {residual:.1e}")?;
            }
            _ => f.write_str("nothing to solve")?,
        }
        match self.objective {
            Some(objective) => write!(f, " · objective {objective:.4}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> SelectionSummary {
        SelectionSummary {
            rows: 64,
            features: 8,
            valid: Some(64),
            kept: 16,
            lambda2: Some(0.850_155),
            residual: Some(3.0e-7),
            rule: "quantile",
            path: "fused",
            objective: None,
            already: None,
            steps: Some(12),
            flags: vec!["shifted", "breakdown"],
            milliseconds: 1.25,
            clock: "device timestamps",
            adapter: "GPU".into(),
            host_bytes: 1,
            device_bytes: 1,
            unsolved_rows: None,
            batches: None,
            classes: None,
            near_duplicates: None,
            label_suspect_rows: None,
            left_out: None,
        }
    }

    #[test]
    fn the_line_names_every_figure() {
        let mut summary = summary();
        assert_eq!(
            summary.to_string(),
            "rows 64 · kept 16 · path fused, 12 steps, rule quantile · λ2 0.850155 · residual 3.0e-7 · flags shifted,breakdown · 1.25 ms (device timestamps, GPU)"
        );
        summary.valid = Some(61);
        summary.batches = Some(1);
        let line = summary.to_string();
        let start = "rows 64 (3 zero, NaN or infinite) · kept 16 in 1 batch · path";
        assert!(line.starts_with(start), "{line}");
        summary.valid = None;
        summary.batches = Some(4);
        summary.lambda2 = None;
        summary.near_duplicates = Some(DuplicateSummary {
            threshold: 0.99,
            survivor: "medoid",
            groups: 2,
            rows: 5,
            dropped: true,
            exact_copies: Some(1),
        });
        let line = summary.to_string();
        assert!(
            line.starts_with("rows 64 · kept 16 in 4 batches · path"),
            "{line}"
        );
        assert!(
            line.contains("steps, rule quantile · nothing to solve · flags"),
            "{line}"
        );
        assert!(
            line.ends_with("GPU) · 5 near-duplicates in 2 groups dropped, 1 exact copy"),
            "{line}"
        );
        summary.label_suspect_rows = Some(1);
        let line = summary.to_string();
        assert!(line.ends_with("1 exact copy · 1 label suspect"), "{line}");
    }
}
