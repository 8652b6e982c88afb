//! The figures of a report, and the reasons for missing ones.

use super::{
    batch,
    charts::{self, Distribution, Figure},
    contact_sheets::{self, KeptSheet},
    kept_rows::{self, Counts},
};
use crate::{
    error::Result,
    results::{Group, Run, read_guide},
};
use gstds_burn::GpuDevice;
use gstds_data::{Dataset, DatasetConfig};
use gstds_plot::{FiedlerPlot, Theme};
use gstds_train::method::{MethodName, Strata};
use gstds_train::run::{RunProgress, training_data};

/// Opens a device, where one is needed.
pub(super) type Open<'a> = &'a mut dyn FnMut() -> Result<GpuDevice>;

pub(super) struct ReportFigures {
    /// Accuracy against costs.
    pub curves: Vec<Figure>,
    /// The kept ratio, and how often images were kept.
    pub kept: Vec<Figure>,
    /// Contact sheets by group.
    pub sheets: Vec<GroupSheet>,
    pub batch: Option<BatchPictures>,
    /// What is missing, by section.
    pub missing_kept: Vec<String>,
    pub missing_sheets: Vec<String>,
    pub missing_batch: Vec<String>,
}

pub(super) struct GroupSheet {
    pub label: String,
    pub seed: u64,
    pub sheet: KeptSheet,
}

/// One batch: its similarity maps for each theme, and its scores.
pub(super) struct BatchPictures {
    pub label: String,
    pub strata: Strata,
    pub seed: u64,
    pub epoch: usize,
    pub rows: usize,
    pub kept: usize,
    pub lambda2: f32,
    /// By the Fiedler vector; light, then dark.
    pub fiedler_order: [Vec<u8>; 2],
    /// In input order; light, then dark.
    pub input_order: [Vec<u8>; 2],
    pub scores: FiedlerPlot,
}

/// Reads and draws what there is. Errors in a group's files, its data set or the device are listed
/// in place of the figure.
pub(super) fn gather(
    groups: &[Group],
    open: Open<'_>,
    progress: &mut dyn RunProgress,
) -> ReportFigures {
    let drawn: Vec<Group> = groups.iter().filter_map(drawn).collect();
    let mut sources = Sources::default();
    let mut pictures = ReportFigures {
        curves: charts::accuracies(&drawn),
        kept: vec![charts::kept_ratio(&drawn)],
        sheets: Vec::new(),
        batch: None,
        missing_kept: Vec::new(),
        missing_sheets: Vec::new(),
        missing_batch: Vec::new(),
    };
    let mut distributions = Vec::new();
    for (look, group) in drawn.iter().enumerate() {
        distributions.extend(kept(group, look, &mut sources, &mut pictures, progress));
    }
    if !distributions.is_empty() {
        pictures.kept.push(charts::times_kept(&distributions));
    }
    pictures.kept.extend(guide(&drawn));
    match first_batch(&drawn, &mut sources, open, progress) {
        Ok(batch) => pictures.batch = Some(batch),
        Err(reason) => pictures.missing_batch.push(reason),
    }
    pictures
}

/// The terms of `guided`'s scores in its first run; none where they cannot be read.
fn guide(groups: &[Group]) -> Option<Figure> {
    let runs = groups.iter().filter_map(|group| group.runs.first());
    let mut guided = runs.filter(|run| run.config.spec().needs_label_graph());
    let points = read_guide(&guided.next()?.folder.join("metrics.jsonl")).ok()?;
    (points.len() > 1).then(|| charts::guide(&points))
}

/// How often a group's first run kept each image, and its contact sheet.
fn kept(
    group: &Group,
    look: usize,
    sources: &mut Sources,
    pictures: &mut ReportFigures,
    progress: &mut dyn RunProgress,
) -> Option<Distribution> {
    let (run, label) = (&group.runs[0], &group.label);
    if run.config.method == MethodName::Full {
        return None;
    }
    let missing = match kept_rows::counts(run) {
        Ok(Some(counts)) => {
            let data = sources.of(run, progress);
            let images = data.as_ref().map_or(0, |data| data.train.len());
            let images = images.max(counts.least_images()).max(epoch_samples(run));
            match data.and_then(|data| group_sheet(group, data, &counts)) {
                Ok(sheet) => pictures.sheets.push(sheet),
                Err(e) => pictures.missing_sheets.push(format!("{label}: {e}.")),
            }
            return Some(Distribution {
                label: label.clone(),
                look,
                counts,
                images,
            });
        }
        Ok(None) => format!("{label}: the run's folder has no kept rows."),
        Err(e) => format!("{label}: {e}."),
    };
    pictures.missing_kept.push(missing);
    None
}

/// A group's finished runs; where there are none, those that were evaluated at all.
fn drawn(group: &Group) -> Option<Group> {
    let some = |wanted: &dyn Fn(&Run) -> bool| {
        let runs: Vec<Run> = group
            .runs
            .iter()
            .filter(|run| wanted(run))
            .cloned()
            .collect();
        let label = group.label.clone();
        (!runs.is_empty()).then_some(Group {
            label,
            runs,
            repeated: 0,
        })
    };
    let evaluated = |run: &Run| !run.curve.is_empty();
    some(&|run| run.is_finished() && evaluated(run)).or_else(|| some(&evaluated))
}

/// Samples of a run's longest epoch, which a whole one has as many of as there are images.
fn epoch_samples(run: &Run) -> usize {
    let mut before = 0;
    let epochs = run.curve.iter().map(|point| {
        let seen = point.samples_seen.saturating_sub(before);
        before = point.samples_seen;
        seen as usize
    });
    epochs.max().unwrap_or(0)
}

fn group_sheet(
    group: &Group,
    data: &Dataset,
    counts: &Counts,
) -> std::result::Result<GroupSheet, String> {
    if counts.least_images() > data.train.len() {
        return Err(format!(
            "the run kept image {}, but its data set now has {} images",
            counts.least_images() - 1,
            data.train.len()
        ));
    }
    let sheet = contact_sheets::sheet(data, counts).map_err(|e| e.to_string())?;
    Ok(GroupSheet {
        label: group.label.clone(),
        seed: group.runs[0].config.seed,
        sheet,
    })
}

/// A batch of the first group that has one to show, or why none can be shown.
fn first_batch(
    groups: &[Group],
    sources: &mut Sources,
    open: Open<'_>,
    progress: &mut dyn RunProgress,
) -> std::result::Result<BatchPictures, String> {
    let solves = |group: &&Group| group.runs[0].config.spec().solves_graphs();
    let group = groups.iter().find(solves);
    let group =
        group.ok_or("A batch along the Fiedler vector: none of these methods solves a graph.")?;
    let run = &group.runs[0];
    let say = |e: &dyn std::fmt::Display| format!("{}: {e}.", group.label);
    let data = sources.of(run, progress).map_err(|e| say(&e))?;
    let device = open().map_err(|e| say(&e))?;
    let batch = batch::of_run(run, &data.train, &device, progress).map_err(|e| say(&e))?;
    let batch = batch.ok_or_else(|| say(&"every epoch keeps all rows"))?;
    pictures_of(group, &batch).map_err(|e| say(&e))
}

fn pictures_of(group: &Group, batch: &batch::SolvedBatch) -> Result<BatchPictures> {
    let (sorted, input) = (batch.fiedler_order()?, batch.input_order()?);
    let [light, dark] = Theme::ALL;
    Ok(BatchPictures {
        label: group.label.clone(),
        strata: group.runs[0].config.spec().strata(),
        seed: group.runs[0].config.seed,
        epoch: batch.epoch,
        rows: batch.rows,
        kept: batch.kept.len(),
        lambda2: batch.lambda2,
        fiedler_order: [sorted.png(light)?, sorted.png(dark)?],
        input_order: [input.png(light)?, input.png(dark)?],
        scores: FiedlerPlot::new(&batch.scores, &batch.kept)?,
    })
}

/// Data sets that were opened, or why they could not be: each once.
#[derive(Default)]
struct Sources {
    opened: Vec<((DatasetConfig, u64), std::result::Result<Dataset, String>)>,
}

impl Sources {
    fn of(
        &mut self,
        run: &Run,
        progress: &mut dyn RunProgress,
    ) -> std::result::Result<&Dataset, String> {
        let source = &run.config.data;
        // Corruption is drawn from the seed; without any, all seeds have the same images.
        let drawn = match source.corruption().is_clean() {
            true => 0,
            false => run.config.seed,
        };
        let key = (source.clone(), drawn);
        let known = self.opened.iter().position(|(known, _)| *known == key);
        let place = known.unwrap_or_else(|| {
            let opened = training_data(&run.config, progress);
            self.opened.push((key, opened.map_err(|e| e.to_string())));
            self.opened.len() - 1
        });
        self.opened[place].1.as_ref().map_err(Clone::clone)
    }
}
