//! An inspection on stdout.

use std::path::Path;

use gstds_curate::inspect::{Inspection, InspectionFacts};
use gstds_data::counted;
use serde_json::{Value, json};

/// A short table, then the sentences.
pub(super) fn text(inspection: &Inspection) -> String {
    let facts = inspection.facts();
    let mut text = String::new();
    for (name, value) in table(facts) {
        text.push_str(&format!("{name:<17}{value}\n"));
    }
    for finding in inspection.findings() {
        text.push_str(&format!("\n{finding}\n"));
    }
    text
}

fn table(facts: &InspectionFacts) -> Vec<(&'static str, String)> {
    let values = facts.eigenvalues.iter();
    let values: Vec<String> = values.map(|value| format!("{:.6}", value.value)).collect();
    let flags = match facts.flags.is_empty() {
        true => "none".into(),
        false => facts.flags.join(", "),
    };
    let mut table = vec![
        (
            "rows",
            format!(
                "{} of {}, {} in the graph",
                facts.rows,
                counted(facts.features, "feature", "features"),
                facts.valid
            ),
        ),
        ("kept", format!("{} by {}", facts.kept, facts.rule)),
        (
            "graph",
            format!(
                "{}, affinity {}, path {}",
                facts.laplacian, facts.affinity, facts.path
            ),
        ),
    ];
    if !values.is_empty() {
        table.push((
            "λ2",
            format!(
                "{:.6}, residual {:.1e}, {}",
                facts.lambda2,
                facts.residual,
                counted(facts.steps as usize, "step", "steps")
            ),
        ));
        table.push(("Ritz values", values.join(" ")));
    }
    table.push(("flags", flags));
    table.extend(counts(facts));
    table
}

/// What was looked for, in the words of the summary of `gstds select`.
fn counts(facts: &InspectionFacts) -> Vec<(&'static str, String)> {
    let duplicates = facts.near_duplicates.as_ref().map(|found| {
        let groups = counted(found.groups, "group", "groups");
        ("near-duplicates", format!("{} in {groups}", found.rows))
    });
    let suspects = facts.label_suspects.as_ref();
    let suspects = suspects.map(|found| ("label suspects", found.len().to_string()));
    duplicates.into_iter().chain(suspects).collect()
}

/// The numbers, the sentences, and where they are shown.
pub(super) fn json(inspection: &Inspection, page: &Path) -> Value {
    json!({
        "page": page.to_string_lossy(),
        "facts": inspection.facts(),
        "says": inspection.findings(),
    })
}
