//! What a selection says about itself, for programs and for people.

use gstds::Flags;
use serde_json::{Value, json};

use super::input::labels::Classes;
use super::output::table;
use super::parts::{Division, Part};
use super::solve::Solved;
use gstds_data::matrix::MatrixLayout;

/// What the summary is made of.
pub(super) struct Facts<'a> {
    pub(super) layout: &'a MatrixLayout,
    pub(super) division: Division,
    pub(super) parts: &'a [Part],
    pub(super) classes: Option<&'a Classes>,
    pub(super) solved: &'a Solved,
    /// Whether rows of parts that keep none were held to be valid.
    pub(super) strict: bool,
    pub(super) adapter: &'a str,
    /// Predicted, on the host and on the device.
    pub(super) bytes: (u64, u64),
}

impl Facts<'_> {
    /// All of it as JSON. Of several parts: the smallest λ2 and the largest residual of those that
    /// were solved, the most steps, and the flags of any. `valid` counts rows that were looked at:
    /// those of parts that keep none are `unsolved_rows`, looked at under strict alone.
    pub(super) fn json(&self) -> Value {
        let reports = || self.solved.reports.iter().flatten();
        let flags = reports().fold(0, |flags, status| flags | status.flags);
        let found = || reports().filter(|status| status.steps > 0);
        let lambda2 = found().map(|status| status.lambda2).reduce(f32::min);
        let residual = found().map(|status| status.residual).reduce(f32::max);
        let idle = self.parts.iter().filter(|part| part.keep == 0);
        let unsolved = idle.map(|part| part.rows.len() as u64).sum::<u64>();
        let valid = reports().map(|status| u64::from(status.valid)).sum::<u64>();
        let mut summary = json!({
            "rows": self.layout.rows,
            "features": self.layout.features,
            "valid": valid + if self.strict { unsolved } else { 0 },
            "kept": self.solved.kept.len(),
            "lambda2": lambda2,
            "residual": residual,
            "path": self.solved.path.name(),
            "steps": reports().map(|status| status.steps).max(),
            "flags": Flags(flags).names().collect::<Vec<_>>(),
            "milliseconds": self.solved.time.as_secs_f64() * 1e3,
            "clock": self.solved.clock.name(),
            "adapter": self.adapter,
            "host_bytes": self.bytes.0,
            "device_bytes": self.bytes.1,
        });
        if unsolved > 0 {
            summary["unsolved_rows"] = unsolved.into();
        }
        match self.division {
            Division::Whole => {}
            Division::Batches { .. } => summary["batches"] = self.parts.len().into(),
            Division::Classes(_) => summary["classes"] = self.classes().into(),
        }
        summary
    }

    fn classes(&self) -> Vec<Value> {
        let reports = self.parts.iter().zip(&self.solved.reports);
        reports
            .map(|(part, report)| {
                let report = report.filter(|status| status.steps > 0);
                json!({
                    "class": name_of(part, self.classes),
                    "rows": part.rows.len(),
                    "kept": part.keep,
                    "lambda2": report.map(|status| status.lambda2),
                    "residual": report.map(|status| status.residual),
                })
            })
            .collect()
    }
}

/// The name of a part's class.
pub(super) fn name_of(part: &Part, classes: Option<&Classes>) -> Value {
    let name = part.class.zip(classes);
    name.map_or(Value::Null, |(class, classes)| {
        table::text(&classes.names[class])
    })
}

/// The summary in one line for people.
pub(super) fn line(summary: &Value) -> String {
    let number = |key: &str| summary[key].as_f64().unwrap_or(f64::NAN);
    let solution = match summary["lambda2"].is_null() {
        true => "nothing to solve".into(),
        false => format!(
            "λ2 {:.6} · residual {:.1e}",
            number("lambda2"),
            number("residual")
        ),
    };
    let names = summary["flags"].as_array().into_iter().flatten();
    let flags: Vec<&str> = names.filter_map(Value::as_str).collect();
    let parts = match (&summary["batches"], &summary["classes"]) {
        (Value::Number(batches), _) => format!(" in {batches} batches"),
        (_, Value::Array(classes)) => format!(" in {} classes", classes.len()),
        _ => String::new(),
    };
    let groups = match &summary["near_duplicates"] {
        Value::Object(found) => format!(
            " · {} near-duplicates in {} groups",
            found["rows"], found["groups"]
        ),
        _ => String::new(),
    };
    format!(
        "rows {} · kept {}{parts} · path {}, {} steps · {solution} · flags {} · {:.2} ms ({}, {}){groups}",
        summary["rows"],
        summary["kept"],
        summary["path"].as_str().unwrap_or_default(),
        summary["steps"],
        if flags.is_empty() {
            "none".into()
        } else {
            flags.join(",")
        },
        number("milliseconds"),
        summary["clock"].as_str().unwrap_or_default(),
        summary["adapter"].as_str().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_every_figure() {
        let mut summary = json!({
            "rows": 64, "kept": 16, "path": "fused", "steps": 12, "lambda2": 0.850_155, "residual": 3.0e-7,
            "flags": ["shifted", "breakdown"], "milliseconds": 1.25,
            "clock": "device timestamps", "adapter": "GPU",
        });
        assert_eq!(
            line(&summary),
            "rows 64 · kept 16 · path fused, 12 steps · λ2 0.850155 · residual 3.0e-7 · flags shifted,breakdown · 1.25 ms (device timestamps, GPU)"
        );
        summary["batches"] = 4.into();
        summary["lambda2"] = Value::Null;
        summary["near_duplicates"] = json!({"rows": 5, "groups": 2});
        let line = line(&summary);
        assert!(line.contains("kept 16 in 4 batches · path"), "{line}");
        assert!(line.contains("steps · nothing to solve · flags"), "{line}");
        assert!(
            line.ends_with("GPU) · 5 near-duplicates in 2 groups"),
            "{line}"
        );
    }
}
