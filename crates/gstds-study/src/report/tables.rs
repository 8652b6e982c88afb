//! CSV tables of curves and runs.

use crate::results::Group;
use std::fmt::Write as _;

/// `curves.csv`: a line for each evaluation of each run. Operations and seconds are those since the
/// run began; seconds leave test images out.
pub(super) fn curves(groups: &[Group]) -> String {
    let mut text = String::from(
        "group,seed,epoch,step,samples_seen,samples_kept,flops,seconds,keep_ratio,test_accuracy\n",
    );
    for (group, run) in runs(groups) {
        for point in &run.curve {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{},{},{},{},{},{},{},{},{},{}",
                field(&group.label),
                run.config.seed,
                point.epoch,
                point.step,
                point.samples_seen,
                point.samples_kept,
                point.flops,
                point.seconds,
                point.keep_ratio,
                point.test_accuracy
            );
        }
    }
    text
}

/// `runs.csv`: a line for each run, as far as it went.
pub(super) fn runs_table(groups: &[Group]) -> String {
    let mut text = String::from(
        "group,method,dataset,learner,schedule,seed,finished,epochs,steps,samples_seen,samples_kept,flops,seconds,test_accuracy,adapter,version,folder\n",
    );
    for (group, run) in runs(groups) {
        let config = &run.config;
        let last = run.curve.last();
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let summary = run.summary.as_ref();
        let fields = [
            field(&group.label),
            config.method.name().into(),
            field(&config.data.dataset),
            field(&config.learner.name()),
            field(&config.schedule.to_string()),
            config.seed.to_string(),
            run.is_finished().to_string(),
            run.curve.len().to_string(),
            last.map_or(0, |point| point.step).to_string(),
            last.map_or(0, |point| point.samples_seen).to_string(),
            last.map_or(0, |point| point.samples_kept).to_string(),
            number(last.map(|point| point.flops)),
            number(last.map(|point| point.seconds)),
            number(run.accuracy()),
            field(summary.map_or("", |summary| &summary.adapter)),
            field(summary.map_or("", |summary| &summary.version)),
            field(&run.folder.display().to_string()),
        ];
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

fn runs(groups: &[Group]) -> impl Iterator<Item = (&Group, &crate::results::Run)> {
    groups
        .iter()
        .flat_map(|group| group.runs.iter().map(move |run| (group, run)))
}

/// A field, quoted as RFC 4180 requires.
fn field(text: &str) -> String {
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixtures::group;

    #[test]
    fn every_evaluation_and_every_run_has_a_line() {
        let mut groups = [
            group("gstds", &[&[0.25, 0.5], &[0.5, 0.75]]),
            group("full", &[&[0.5]]),
        ];
        groups[1].label = "full, \"all\"".into();
        let curves = curves(&groups);
        let lines: Vec<&str> = curves.lines().collect();
        assert_eq!(lines.len(), 1 + 5);
        assert_eq!(lines[2], "gstds,0,2,20,800,200,200000,1,0.25,0.5");
        assert!(lines[5].starts_with("\"full, \"\"all\"\"\",0,1,10,400,400,"));
        let runs = runs_table(&groups);
        let lines: Vec<&str> = runs.lines().collect();
        assert_eq!(lines.len(), 1 + 3);
        let start = "gstds,gstds,fashion-mnist-5k,resnet8-w8,constant:0.25,1,true,2,20,800,200,200000,1,0.75,none,0.1.0,";
        assert!(lines[2].starts_with(start), "{}", lines[2]);
    }
}
