//! Kept counts of a schedule, epoch by epoch, before any work is done.

use super::Schedule;
use crate::method::{BatchSize, MethodSpec};
use serde::Serialize;

/// Kept counts of a run, known from sizes alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ScheduleTable {
    /// Epochs in order, up to the one of the last step.
    pub epochs: Vec<EpochCounts>,
    /// Images that pass through batches, all epochs together.
    pub seen: u64,
    /// Of those, how many are trained on.
    pub kept: u64,
    /// Images that the learner passes forward for their losses alone.
    pub scored: u64,
    /// Optimiser steps.
    pub steps: usize,
}

/// One epoch of a [`ScheduleTable`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct EpochCounts {
    /// From 1.
    pub epoch: usize,
    /// Keep ratio of the schedule.
    pub keep_ratio: f64,
    /// Images that pass through its batches.
    pub seen: u64,
    /// Of those, how many are trained on.
    pub kept: u64,
    /// Kept over seen: the ratio, rounded to whole rows in each batch, and more where batches are
    /// kept whole; 1 under `full`.
    pub share: f64,
}

/// The size of a run, for which a [`ScheduleTable`] is made.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Training images, at least 1.
    pub images: usize,
    /// Rows of a batch before selection, at least 1.
    pub batch: usize,
    /// Passes over the images.
    pub epochs: usize,
    /// Ends the run after so many steps.
    pub max_steps: Option<usize>,
}

impl ScheduleTable {
    /// Kept over seen, all epochs together; 1 for a run without steps.
    #[must_use]
    pub fn share(&self) -> f64 {
        share(self.kept, self.seen)
    }
}

/// One batch of a run, by its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchCounts {
    /// Its epoch, from 0.
    pub epoch: usize,
    /// Its rows before selection.
    pub rows: usize,
    /// Of those, how many are trained on.
    pub keep: usize,
}

impl BatchCounts {
    /// Its rows before and after selection.
    #[must_use]
    pub fn size(&self) -> BatchSize {
        BatchSize {
            rows: self.rows,
            keep: self.keep,
        }
    }
}

impl Schedule {
    /// The batches of a run of `method`, in order.
    pub fn batches<'a>(
        &'a self,
        method: impl Into<MethodSpec>,
        extent: &'a Extent,
    ) -> impl Iterator<Item = BatchCounts> + 'a {
        let method = method.into();
        let most = extent.max_steps.unwrap_or(usize::MAX);
        (0..extent.epochs)
            .flat_map(move |epoch| self.batches_of(method, extent, epoch))
            .take(most)
    }

    /// The batches of one epoch, counted from 0, wherever the run ends.
    pub fn batches_of<'a>(
        &'a self,
        method: impl Into<MethodSpec>,
        extent: &'a Extent,
        epoch: usize,
    ) -> impl Iterator<Item = BatchCounts> + 'a {
        let method = method.into();
        let starts = (0..extent.images).step_by(extent.batch.max(1));
        starts.enumerate().map(move |(place, start)| {
            let rows = extent.batch.min(extent.images - start);
            let ratio = self.batch_ratio(epoch, extent.epochs, place);
            let keep = method.name.keeps(rows, ratio);
            let rows = method.sees(rows, keep);
            BatchCounts { epoch, rows, keep }
        })
    }

    /// The counts of a run of `method`. Costs a little arithmetic for each batch.
    #[must_use]
    pub fn table(&self, method: impl Into<MethodSpec>, extent: &Extent) -> ScheduleTable {
        let method = method.into();
        let mut table = ScheduleTable::default();
        for batch in self.batches(method, extent) {
            let (rows, kept) = (batch.rows as u64, batch.keep as u64);
            table.steps += 1;
            table.seen += rows;
            table.kept += kept;
            table.scored += method.scored(batch.rows, batch.keep) as u64;
            if table.epochs.len() <= batch.epoch {
                table.epochs.push(EpochCounts {
                    epoch: batch.epoch + 1,
                    keep_ratio: self.ratio(batch.epoch, extent.epochs),
                    ..EpochCounts::default()
                });
            }
            let epoch = &mut table.epochs[batch.epoch];
            epoch.seen += rows;
            epoch.kept += kept;
            epoch.share = share(epoch.kept, epoch.seen);
        }
        table
    }
}

fn share(kept: u64, seen: u64) -> f64 {
    match seen {
        0 => 1.0,
        _ => kept as f64 / seen as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::MethodName;

    const EXTENT: Extent = Extent {
        images: 80,
        batch: 32,
        epochs: 3,
        max_steps: None,
    };

    fn table(text: &str, method: MethodName, extent: Extent) -> ScheduleTable {
        text.parse::<Schedule>().unwrap().table(method, &extent)
    }

    #[test]
    fn counts_are_rounded_by_batch_and_summed_by_epoch() {
        let table = table("constant:0.25+warmup:1", MethodName::Gstds, EXTENT);
        // Batches of 32, 32 and 16.
        let kept: Vec<u64> = table.epochs.iter().map(|epoch| epoch.kept).collect();
        assert_eq!(kept, [80, 8 + 8 + 4, 8 + 8 + 4]);
        assert_eq!((table.seen, table.kept, table.steps), (240, 120, 9));
        assert_eq!(table.share(), 0.5);
        assert_eq!(table.epochs[1].share, 0.25);
        assert_eq!(table.scored, 0);
    }

    #[test]
    fn full_keeps_all_and_guided_methods_score_where_they_choose() {
        let text = "constant:0.25+final:1";
        let full = table(text, MethodName::Full, EXTENT);
        assert_eq!((full.kept, full.share()), (240, 1.0));
        assert_eq!(table(text, MethodName::Loss, EXTENT).scored, 160);
    }

    #[test]
    fn the_last_batch_of_an_epoch_takes_the_rest() {
        let schedule: Schedule = "constant:0.5".parse().unwrap();
        let rows = |images| -> Vec<usize> {
            let extent = Extent {
                images,
                batch: 4,
                ..EXTENT
            };
            let batches = schedule.batches_of(MethodName::Full, &extent, 1);
            batches.map(|batch| batch.rows).collect()
        };
        assert_eq!(rows(10), [4, 4, 2]);
        assert_eq!(rows(8), [4, 4]);
        assert_eq!(rows(3), [3]);
    }

    #[test]
    fn batches_kept_whole_are_counted_whole() {
        let text = "constant:0.25+warmup:0.3+interrupt:2";
        let table = table(text, MethodName::Loss, EXTENT);
        let kept: Vec<u64> = table.epochs.iter().map(|epoch| epoch.kept).collect();
        assert_eq!(kept, [80, 8 + 32 + 4, 8 + 32 + 4]);
        assert_eq!(
            (table.epochs[1].keep_ratio, table.epochs[1].share),
            (0.25, 0.55)
        );
        assert_eq!(table.scored, 2 * (32 + 16), "whole batches need no losses");
    }

    #[test]
    fn methods_that_draw_rows_see_no_others() {
        let table = |method| table("constant:0.25+warmup:1", method, EXTENT);
        let (drawn, chosen) = (table(MethodName::SmallBatch), table(MethodName::Random));
        assert_eq!((drawn.steps, drawn.kept), (chosen.steps, chosen.kept));
        assert_eq!((drawn.seen, chosen.seen), (120, 240));
    }

    #[test]
    fn a_super_batch_is_what_is_seen_and_scored_of_each_batch() {
        let schedule: Schedule = "constant:0.25+warmup:1".parse().unwrap();
        let spec = MethodSpec {
            super_batch: Some(12),
            ..MethodName::Jest.spec()
        };
        let (small, whole) = (
            schedule.table(spec, &EXTENT),
            schedule.table(MethodName::Jest, &EXTENT),
        );
        assert_eq!((small.kept, small.steps), (whole.kept, whole.steps));
        // An epoch kept whole, then two with batches of 32, 32 and 16.
        assert_eq!((small.seen, small.scored), (80 + 2 * 36, 2 * 36));
        assert_eq!(whole.scored, 160);
    }

    #[test]
    fn a_run_that_ends_early_is_counted_to_its_last_step() {
        let extent = Extent {
            max_steps: Some(4),
            ..EXTENT
        };
        let table = table("constant:0.5", MethodName::Random, extent);
        assert_eq!((table.steps, table.epochs.len()), (4, 2));
        assert_eq!((table.seen, table.kept), (112, 56));
    }
}
