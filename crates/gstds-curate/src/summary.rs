//! The figures of a selection, as JSON and in two lines of text.

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
                let copies = counted(copies, "exact copy", "exact copies");
                write!(f, ", {copies} among them")
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

/// What was kept, then on a second line how it was found.
impl fmt::Display for SelectionSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_rows(f)?;
        writeln!(f)?;
        self.fmt_solve(f)
    }
}

impl SelectionSummary {
    /// How many rows are kept by which rule, and what was found among them.
    fn fmt_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = counted(self.rows, "row", "rows");
        write!(f, "kept {} of {rows} by {}", self.kept, self.rule)?;
        match (self.batches, &self.classes) {
            (Some(batches), _) => write!(f, " in {}", counted(batches, "batch", "batches"))?,
            (None, Some(classes)) => {
                let some = classes.iter().filter(|class| class.rows > 0).count();
                write!(f, " in {}", counted(some, "class", "classes"))?;
            }
            (None, None) => {}
        }
        if let Some(already) = self.already {
            write!(f, ", beside {already} chosen before")?;
        }
        match self.invalid_rows() {
            0 => {}
            invalid => {
                let rows = counted(invalid as usize, "row", "rows");
                write!(f, " · {rows} zero, NaN or infinite")?;
            }
        }
        if let Some(found) = &self.near_duplicates {
            write!(f, "{found}")?;
        }
        match self.label_suspect_rows {
            Some(rows) => write!(f, " · {}", counted(rows, "label suspect", "label suspects")),
            None => Ok(()),
        }
    }

    /// The solve, where a graph was solved, and the time.
    fn fmt_solve(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(lambda2), Some(residual)) = (self.lambda2, self.residual) {
            let steps = counted(self.steps.unwrap_or(0) as usize, "step", "steps");
            write!(f, "path {}, {steps} · λ2 {lambda2:.6}", self.path)?;
            write!(f, " · residual {residual:.1e} · ")?;
        }
        if let Some(objective) = self.objective {
            write!(f, "objective {objective:.4} · ")?;
        }
        if !self.flags.is_empty() {
            write!(f, "flags {} · ", self.flags.join(","))?;
        }
        let (time, clock) = (self.milliseconds, self.clock);
        write!(f, "{time:.2} ms ({clock}, {})", self.adapter)
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
    fn the_first_line_is_what_was_kept_and_the_second_how() {
        let mut summary = summary();
        assert_eq!(
            summary.to_string(),
            "kept 16 of 64 rows by quantile\npath fused, 12 steps · λ2 0.850155 · residual 3.0e-7 · flags shifted,breakdown · 1.25 ms (device timestamps, GPU)"
        );
        summary.valid = Some(61);
        summary.batches = Some(1);
        summary.already = Some(5);
        let text = summary.to_string();
        let start = "kept 16 of 64 rows by quantile in 1 batch, beside 5 chosen before · 3 rows zero, NaN or infinite\n";
        assert!(text.starts_with(start), "{text}");
        summary.valid = None;
        summary.already = None;
        summary.batches = Some(4);
        (summary.lambda2, summary.objective) = (None, Some(2.5));
        summary.flags.clear();
        summary.near_duplicates = Some(DuplicateSummary {
            threshold: 0.99,
            survivor: "medoid",
            groups: 2,
            rows: 5,
            dropped: true,
            exact_copies: Some(1),
        });
        summary.label_suspect_rows = Some(1);
        assert_eq!(
            summary.to_string(),
            "kept 16 of 64 rows by quantile in 4 batches · 5 near-duplicates in 2 groups dropped, 1 exact copy among them · 1 label suspect\nobjective 2.5000 · 1.25 ms (device timestamps, GPU)"
        );
    }
}
