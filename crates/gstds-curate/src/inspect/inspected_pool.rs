//! A pool in the order of its Fiedler vector, and which of its rows are drawn.

use super::sheet::Likeness;
use super::{InspectionFacts, InspectionInput};
use crate::pool::Classes;
use gstds_plot::decimate;
use std::collections::BTreeMap;

/// Rows at most in a similarity map: their pairs are pixels of a page.
pub const MOST_MAPPED: usize = 512;

/// A pool in the order of its Fiedler vector.
#[derive(Clone, Debug)]
pub struct InspectedPool<'a> {
    pub(super) input: InspectionInput<'a>,
    pub(super) facts: InspectionFacts,
    /// All rows by ascending score, those in no graph last; in input order where nothing was
    /// solved.
    pub(super) order: Vec<u32>,
    /// Whether each row was kept, by its number.
    kept: Vec<bool>,
    /// Rows of the similarity maps, in the order.
    pub(super) mapped: Vec<u32>,
    /// Groups of near-duplicates by their survivors, which come first.
    pub(super) groups: BTreeMap<u32, Vec<u32>>,
}

impl<'a> InspectedPool<'a> {
    /// Orders the rows: `O(n log n)`, and five bytes per row.
    #[must_use]
    pub fn new(input: InspectionInput<'a>) -> Self {
        let selection = input.selection;
        let scores = &selection.scores;
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        if selection.status.steps > 0 {
            let is_out = |row: u32| input.invalid.binary_search(&row).is_ok();
            order.sort_by(|&one, &other| {
                let score = |row: u32| scores[row as usize];
                let valid = is_out(one).cmp(&is_out(other));
                valid.then(score(one).total_cmp(&score(other)))
            });
        }
        let mut kept = vec![false; scores.len()];
        for &row in &selection.kept {
            if let Some(kept) = kept.get_mut(row as usize) {
                *kept = true;
            }
        }
        let groups = input.near_duplicates.map(|groups| groups.lists());
        let groups = groups.into_iter().flatten();
        let mut pool = Self {
            facts: InspectionFacts::of(&input, &kept),
            input,
            order,
            kept,
            mapped: Vec::new(),
            groups: groups.map(|group| (group[0], group)).collect(),
        };
        pool.mapped = pool.some(MOST_MAPPED);
        pool
    }

    /// The rows whose features [`InspectedPool::draw`] needs: [`MOST_MAPPED`] at most, in this
    /// order.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.mapped
    }

    /// At most this many rows, in the order.
    pub(super) fn some(&self, most: usize) -> Vec<u32> {
        let kept: Vec<bool> = self.order.iter().map(|&row| self.is_kept(row)).collect();
        let places = decimate(&kept, most);
        places.into_iter().map(|place| self.order[place]).collect()
    }

    pub(super) fn is_kept(&self, row: u32) -> bool {
        self.kept[row as usize]
    }

    /// The class of a row by its place among the names, where there are several classes.
    pub(super) fn class(&self, row: u32) -> Option<u32> {
        let several = |classes: &&Classes| classes.names().len() > 1;
        let classes = self.input.classes.filter(several)?;
        classes.of_rows().get(row as usize).copied()
    }

    /// The class that is likelier than the label of a row, where it is a suspect, and its loss.
    pub(super) fn likely(&self, row: u32) -> Option<(String, f32)> {
        let (found, labels) = self.input.label_losses?;
        let (likely, own) = (found.likely[row as usize], labels.of_rows()[row as usize]);
        (likely != own).then(|| (labels.shown(likely as usize), found.losses[row as usize]))
    }

    /// Why a row is in a group of near-duplicates, where it is in one.
    pub(super) fn likeness(&self, row: u32) -> Option<Likeness> {
        let survivor = self.input.near_duplicates?.survivors[row as usize];
        if survivor != row {
            return Some(Likeness::Of(survivor));
        }
        let group = self.groups.get(&row)?;
        Some(Likeness::StandsFor(group.len() - 1))
    }

    /// Whether there is a Fiedler vector.
    pub(super) fn is_solved(&self) -> bool {
        self.facts.split.is_some()
    }

    /// A row by its number, and by its image where it has one.
    pub(super) fn name(&self, row: u32) -> String {
        let path = self.input.paths.and_then(|paths| paths.get(row as usize));
        let named = path.map(|path| format!("row {row} ({})", path.display()));
        let name = named.unwrap_or_else(|| format!("row {row}"));
        // File names may hold control sequences of terminals.
        name.replace(char::is_control, "\u{fffd}")
    }
}
