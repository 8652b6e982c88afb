//! What a selection will take, as numbers and as text.

use std::fmt;

use gstds_data::{counted, megabytes};
use serde::Serialize;
use serde_json::Value;

use super::DevicePlan;
use crate::partition::Partition;

/// What a selection will keep, and the memory it will take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// Always true; distinguishes a forecast from a summary.
    dry_run: bool,
    /// Rows of the pool.
    pub rows: usize,
    /// Features of a row.
    pub features: usize,
    /// How the device holds a feature: `f16` or `f32`.
    pub element: &'static str,
    /// Rows that will be kept.
    pub kept: usize,
    /// The rule that will keep them.
    pub rule: &'static str,
    /// The path that will be taken; `none` where no graph is solved.
    pub path: &'static str,
    /// Rows of the largest part that keeps any.
    pub largest_part: usize,
    /// Bytes on the host, program and driver not counted.
    pub host_bytes: u64,
    /// Bytes on the device.
    pub device_bytes: u64,
    /// Those of them that hold features.
    pub feature_bytes: u64,
    /// Those of them that are the selection's own buffers, or those of the search for
    /// near-duplicates where that takes more.
    pub workspace_bytes: u64,
    /// The adapter's name.
    pub adapter: String,
    /// Whether near-duplicates are dropped first, so that fewer rows may be kept of a ratio.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub drops_near_duplicates: bool,
    /// Batches, where the rows are divided into such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches: Option<usize>,
    /// The classes, where they divide the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<ClassForecast>>,
}

/// What will be kept of a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassForecast {
    /// Its name: text, or its bytes where it is not UTF-8.
    pub class: Value,
    /// Its rows.
    pub rows: usize,
    /// Those that will be kept.
    pub kept: usize,
}

impl DevicePlan<'_> {
    /// What the selection will take.
    #[must_use]
    pub fn forecast(&self) -> Forecast {
        let plan = self.plan;
        let batches = match &plan.request.partition {
            Partition::Batches { .. } => Some(plan.parts.len()),
            Partition::Whole | Partition::Classes { .. } => None,
        };
        let [feature_bytes, workspace_bytes] = self.most_bytes();
        Forecast {
            dry_run: true,
            rows: plan.layout.rows,
            features: plan.layout.features,
            element: match plan.layout.element() {
                gstds_data::matrix::DeviceElement::F16 => "f16",
                gstds_data::matrix::DeviceElement::F32 => "f32",
            },
            kept: plan.parts.iter().map(|part| part.keep).sum(),
            rule: plan.request.rule_name(),
            path: self.path_name(),
            largest_part: self.shape.rows,
            host_bytes: plan.host_bytes(),
            device_bytes: self.bytes(),
            feature_bytes,
            workspace_bytes,
            adapter: self.gpu.adapter.get_info().name,
            drops_near_duplicates: plan
                .request
                .near_duplicates
                .is_some_and(|search| search.drop),
            batches,
            classes: self.class_forecasts(),
        }
    }

    /// Of each class, where they divide the rows; last those of which no row is left.
    fn class_forecasts(&self) -> Option<Vec<ClassForecast>> {
        let classes = self.plan.request.partition.classes()?;
        let of = |class: usize, rows: usize, kept: usize| ClassForecast {
            class: classes.json_name(class),
            rows,
            kept,
        };
        let parts = self.plan.parts.iter();
        let parts = parts.filter_map(|part| Some(of(part.class?, part.rows.len(), part.keep)));
        let empty = classes.without_rows().into_iter();
        let empty = empty.map(|class| of(class, 0, 0));
        Some(parts.chain(empty).collect())
    }
}

impl Forecast {
    /// The memory in one line.
    #[must_use]
    pub fn memory(&self) -> String {
        format!(
            "memory: {} on the device ({} features, {} workspace), {} on the host, program and driver not counted",
            megabytes(self.device_bytes),
            megabytes(self.feature_bytes),
            megabytes(self.workspace_bytes),
            megabytes(self.host_bytes),
        )
    }
}

/// Two lines: what will be kept, and the memory.
impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divided = match (self.batches, &self.classes) {
            (Some(batches), _) => format!(" in {}", counted(batches, "batch", "batches")),
            (None, Some(classes)) => {
                let some = classes.iter().filter(|class| class.rows > 0).count();
                format!(" in {}", counted(some, "class", "classes"))
            }
            (None, None) => String::new(),
        };
        let divided = match self.drops_near_duplicates {
            true => format!("{divided} if no near-duplicate is dropped"),
            false => divided,
        };
        writeln!(
            f,
            "{} of {}, {} on the device; {} would be kept{divided}, by path {} and rule {} ({})",
            counted(self.rows, "row", "rows"),
            counted(self.features, "feature", "features"),
            self.element,
            self.kept,
            self.path,
            self.rule,
            self.adapter,
        )?;
        f.write_str(&self.memory())
    }
}
