//! A selection to look at: pictures of the pool that it was made from, and what its spectrum says.
//!
//! [`View::new`] orders the rows and chooses those that are drawn, [`View::draw`] makes an
//! [`Inspection`] of their features, and that writes one HTML file and the pictures beside it.

mod facts;
mod files;
mod page;
mod pictures;
mod says;
mod sides;

pub use facts::{Duplicates, Eigenvalue, Facts, Split};
pub use files::Inspection;
pub use sides::Sides;

use crate::error::Result;
use gstds::{Options, Selection};
use gstds_data::Progress;
use gstds_plot::decimate;
use std::path::{Path, PathBuf};

/// Rows at most in a similarity map: their pairs are pixels of a page.
pub const MOST_MAPPED: usize = 512;
/// Points at most in the plot of the scores.
pub const MOST_POINTS: usize = 1024;
/// Images at most in a contact sheet.
pub const MOST_IMAGES: usize = 160;

/// A pool and what was selected of it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What it was selected with.
    pub options: &'a Options,
    /// What came of it. The order of [`Selection::kept`] does not matter.
    pub selection: &'a Selection,
    /// Features of a row.
    pub width: usize,
    /// Rows that are in no graph: zero, NaN or infinite; ascending.
    pub invalid: &'a [u32],
    /// Groups of near-duplicates: a threshold, and for each row the lowest row of its group.
    pub groups: Option<(f32, &'a [u32])>,
    /// The image of each row, where rows are images.
    pub paths: Option<&'a [PathBuf]>,
    /// What the paths are relative to.
    pub root: &'a Path,
}

/// A pool in the order of its Fiedler vector.
#[derive(Clone, Debug)]
pub struct View<'a> {
    subject: Subject<'a>,
    facts: Facts,
    /// All rows by ascending score, those in no graph last; as they came where nothing was solved.
    order: Vec<u32>,
    /// Whether each row was kept, by its number.
    kept: Vec<bool>,
    /// Rows of the similarity maps, in the order.
    mapped: Vec<u32>,
}

impl<'a> View<'a> {
    /// Orders the rows: `O(n log n)`, and five bytes a row.
    #[must_use]
    pub fn new(subject: Subject<'a>) -> Self {
        let selection = subject.selection;
        let scores = &selection.scores;
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        if selection.status.steps > 0 {
            let is_out = |row: u32| subject.invalid.binary_search(&row).is_ok();
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
        let mut view = Self {
            facts: Facts::of(&subject, &kept),
            subject,
            order,
            kept,
            mapped: Vec::new(),
        };
        view.mapped = view.some(MOST_MAPPED);
        view
    }

    /// The rows whose features [`View::draw`] needs: [`MOST_MAPPED`] at most, in this order.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.mapped
    }

    /// Draws everything from the features of [`View::rows`], `[rows, width]`.
    ///
    /// Images of the contact sheet are decoded here; one that cannot be is told in its place. Costs
    /// up to some seconds, most of it PNG. The same input gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Drawing`](crate::Error::Drawing) where the features are not those of the rows.
    pub fn draw(mut self, features: &[f32], progress: &mut dyn Progress) -> Result<Inspection> {
        self.facts.sides = Sides::of(&self, features);
        let says = says::all(&self);
        let pictures = pictures::draw(&self, features, progress)?;
        let page = page::html(&self, &says, &pictures)?;
        let beside = pictures.files()?;
        Ok(Inspection::new(page, beside, self.facts, says))
    }

    /// At most so many rows, in the order.
    fn some(&self, most: usize) -> Vec<u32> {
        let kept: Vec<bool> = self.order.iter().map(|&row| self.is_kept(row)).collect();
        let places = decimate(&kept, most);
        places.into_iter().map(|place| self.order[place]).collect()
    }

    fn is_kept(&self, row: u32) -> bool {
        self.kept[row as usize]
    }

    /// Whether there is a Fiedler vector.
    fn is_solved(&self) -> bool {
        self.facts.split.is_some()
    }

    /// A row by its number, and by its image where it has one.
    fn name(&self, row: u32) -> String {
        let path = self.subject.paths.and_then(|paths| paths.get(row as usize));
        let named = path.map(|path| format!("row {row} ({})", path.display()));
        let name = named.unwrap_or_else(|| format!("row {row}"));
        // A file may be named by what a terminal takes for orders.
        name.replace(char::is_control, "\u{fffd}")
    }
}

#[cfg(test)]
mod tests;
