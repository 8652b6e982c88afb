//! A pool in the order of its Fiedler vector, and which of its rows are drawn.

use super::{InspectionFacts, InspectionInput};
use gstds_plot::decimate;

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
        let mut pool = Self {
            facts: InspectionFacts::of(&input, &kept),
            input,
            order,
            kept,
            mapped: Vec::new(),
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
