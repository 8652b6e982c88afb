//! What a selection will take, said before it is done.

use std::path::PathBuf;

use gstds::adapter::Gpu;
use gstds_data::Progress as _;
use gstds_models::device_memory::megabytes;
use gstds_train::run::Terminal;
use serde_json::{Value, json};

use super::device::Plan;
use super::parts::{Division, Part};
use super::plan::Planned;
use super::summary::name_of;
use super::{duplicates, upload};

impl Planned {
    /// What it will take.
    pub(super) fn forecast<'a>(&'a self, device: &'a Plan, gpu: &Gpu) -> Forecast<'a> {
        Forecast {
            planned: self,
            device,
            adapter: gpu.adapter.get_info().name,
        }
    }

    /// Bytes on the host, roughly: chunks on their way and as they are stored, scores, kept rows and
    /// marks of them, parts and their lists of rows with what they are drawn by, paths, and unit
    /// rows where near-duplicates are looked for. The program and the driver come on top; so do the
    /// text of a .json, and of images their pixels and features.
    fn host_bytes(&self) -> u64 {
        let rows = self.layout.rows as u64;
        let chunk = self.layout.row_bytes().max(upload::CHUNK as u64);
        let largest = self.parts.iter().map(|part| part.rows.len()).max();
        let listed = match self.division {
            Division::Whole | Division::Batches { shuffle: None, .. } => 0,
            Division::Batches { .. } => 32,
            Division::Classes(_) => 12,
        };
        let units = match (self.duplicates, largest) {
            (true, Some(largest)) => duplicates::bytes(largest, self.layout.features) + 4 * rows,
            _ => 0,
        };
        let each = size_of::<Part>() + size_of::<Option<gstds::Status>>();
        let parts = (self.parts.len() * each) as u64;
        2 * chunk
            + self.stored_bytes(chunk)
            + rows * (16 + listed)
            + units
            + parts
            + self.path_bytes
    }

    /// Bytes of a chunk as the file has them, where they are not what the device reads.
    fn stored_bytes(&self, chunk: u64) -> u64 {
        match self.layout.lies_as_read() {
            true => 0,
            false => chunk / self.layout.element().bytes() * self.layout.dtype.bytes() as u64,
        }
    }
}

/// Bytes of paths, and of the copy by which repetitions, or images left out, are found.
pub(super) fn path_bytes(paths: &[PathBuf]) -> u64 {
    let each = |path: &PathBuf| (size_of::<PathBuf>() + path.as_os_str().len()) as u64;
    2 * paths.iter().map(each).sum::<u64>()
}

/// What a selection will take, for people and programs.
pub(super) struct Forecast<'a> {
    planned: &'a Planned,
    device: &'a Plan,
    adapter: String,
}

impl Forecast<'_> {
    /// Bytes on the host and on the device.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.planned.host_bytes(), self.device.bytes())
    }

    fn kept(&self) -> usize {
        self.planned.parts.iter().map(|part| part.keep).sum()
    }

    fn element(&self) -> &'static str {
        match self.planned.layout.element() {
            gstds_data::matrix::DeviceElement::F16 => "f16",
            gstds_data::matrix::DeviceElement::F32 => "f32",
        }
    }

    /// All of it, for programs.
    pub(super) fn json(&self) -> Value {
        let Planned {
            layout,
            parts,
            classes,
            ..
        } = self.planned;
        let mut json = json!({
            "dry_run": true,
            "rows": layout.rows,
            "features": layout.features,
            "element": self.element(),
            "kept": self.kept(),
            "path": self.device.path.name(),
            "largest_part": self.device.shape.rows,
            "host_bytes": self.planned.host_bytes(),
            "device_bytes": self.device.bytes(),
            "feature_bytes": self.device.feature_bytes,
            "workspace_bytes": self.device.workspace_bytes,
            "adapter": self.adapter,
        });
        match self.planned.division {
            Division::Whole => {}
            Division::Batches { .. } => json["batches"] = parts.len().into(),
            Division::Classes(_) => {
                let class = |part: &Part| {
                    json!({
                        "class": name_of(part, classes.as_ref()),
                        "rows": part.rows.len(),
                        "kept": part.keep,
                    })
                };
                json["classes"] = parts.iter().map(class).collect();
            }
        }
        json
    }

    /// All of it, for people.
    pub(super) fn text(&self) -> String {
        let Planned { layout, parts, .. } = self.planned;
        let divided = match self.planned.division {
            Division::Whole => String::new(),
            Division::Batches { .. } => format!(" in {} batches", parts.len()),
            Division::Classes(_) => format!(" in {} classes", parts.len()),
        };
        format!(
            "{} rows of {} features, {} on the device; {} would be kept{divided}, by path {} ({})\n{}\n",
            layout.rows,
            layout.features,
            self.element(),
            self.kept(),
            self.device.path.name(),
            self.adapter,
            self.memory(),
        )
    }

    /// Says on a terminal what memory it takes.
    pub(super) fn note(&self, progress: &mut Terminal) {
        progress.note(&self.memory());
    }

    fn memory(&self) -> String {
        format!(
            "memory: {} on the device ({} of features, {} of workspace), {} on the host, program and driver aside",
            megabytes(self.device.bytes()),
            megabytes(self.device.feature_bytes),
            megabytes(self.device.workspace_bytes),
            megabytes(self.planned.host_bytes()),
        )
    }
}
