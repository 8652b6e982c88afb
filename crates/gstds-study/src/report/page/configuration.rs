//! Configurations, adapters and versions of the runs.

use crate::{error::Result, results::Group};
use gstds_plot::html::{escape, section as make_section, table};

const RUNS: [&str; 8] = [
    "run",
    "group",
    "seed",
    "epochs",
    "accuracy, %",
    "adapter",
    "driver",
    "version",
];

pub(super) fn section(groups: &[Group]) -> Result<String> {
    let mut contents = table("Runs", &RUNS, &runs(groups));
    for group in groups {
        let Some(run) = group.runs.first() else {
            continue;
        };
        let text = run.config.to_toml()?;
        contents.push_str(&format!(
            "<details>\n<summary>config.toml of {}, seed {}</summary>\n<pre tabindex=\"0\">{}</pre>\n</details>\n",
            escape(&group.label),
            run.config.seed,
            escape(&text)
        ));
    }
    Ok(make_section(
        "setting",
        "Runs, configuration, adapter, versions",
        &contents,
    ))
}

fn runs(groups: &[Group]) -> Vec<Vec<String>> {
    let rows = groups.iter().flat_map(|group| {
        group.runs.iter().map(move |run| {
            let summary = run.summary.as_ref();
            let (made, all) = (run.curve.len(), run.config.epochs);
            let epochs = match summary {
                Some(_) => made.to_string(),
                None => format!("{made} of {all}, unfinished"),
            };
            let accuracy = run
                .accuracy()
                .map(|accuracy| format!("{:.2}", 100.0 * accuracy));
            let of = |text: Option<&String>| text.cloned().unwrap_or_else(|| "–".into());
            vec![
                run.folder.display().to_string(),
                group.label.clone(),
                run.config.seed.to_string(),
                epochs,
                of(accuracy.as_ref()),
                of(summary.map(|summary| &summary.adapter)),
                of(summary.map(|summary| &summary.driver)),
                of(summary.map(|summary| &summary.version)),
            ]
        })
    });
    rows.collect()
}
