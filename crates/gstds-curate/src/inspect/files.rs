//! An inspection's files: each is there whole or not at all.

use super::Facts;
use crate::error::Result;
use gstds_data::atomic_file::{refuse_existing, save};
use std::path::{Path, PathBuf};

const PAGE: &str = "inspect.html";
/// All pictures that there may be.
pub(super) const CONTACT_SHEET: &str = "contact-sheet.png";
pub(super) const INPUT_ORDER: &str = "similarity-input-order.png";
pub(super) const FIEDLER_ORDER: &str = "similarity-fiedler-order.png";
pub(super) const SCORES: &str = "fiedler-vector.png";
pub(super) const SPECTRUM: &str = "spectrum.png";

/// A drawn inspection.
#[derive(Clone, Debug)]
pub struct Inspection {
    page: String,
    /// Pictures by name.
    beside: Vec<(&'static str, Vec<u8>)>,
    facts: Facts,
    says: Vec<String>,
}

impl Inspection {
    pub(super) fn new(
        page: String,
        beside: Vec<(&'static str, Vec<u8>)>,
        facts: Facts,
        says: Vec<String>,
    ) -> Self {
        Self {
            page,
            beside,
            facts,
            says,
        }
    }

    /// The HTML: one file with all pictures in it, which loads nothing.
    #[must_use]
    pub fn page(&self) -> &str {
        &self.page
    }

    /// The pictures as PNG files on light ground, by name.
    #[must_use]
    pub fn pictures(&self) -> &[(&'static str, Vec<u8>)] {
        &self.beside
    }

    /// The numbers.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What the numbers say, in sentences.
    #[must_use]
    pub fn says(&self) -> &[String] {
        &self.says
    }

    /// That [`Inspection::write`] would find its places free; asked before the work.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for the first file that is there already.
    pub fn check(folder: &Path) -> Result<()> {
        let names = [
            PAGE,
            CONTACT_SHEET,
            INPUT_ORDER,
            FIEDLER_ORDER,
            SCORES,
            SPECTRUM,
        ];
        Ok(refuse_existing(names.map(|name| folder.join(name)))?)
    }

    /// Writes `inspect.html` and the pictures to `folder`, which is made if need be and may hold
    /// other files, and gives the path of the page, which is written last. With `replace`, files of
    /// these names are replaced one by one.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for a file that is there, unless
    /// `replace`, or one that cannot be written.
    pub fn write(&self, folder: &Path, replace: bool) -> Result<PathBuf> {
        for (name, bytes) in &self.beside {
            save(&folder.join(name), bytes, replace)?;
        }
        let page = folder.join(PAGE);
        save(&page, self.page.as_bytes(), replace)?;
        Ok(page)
    }
}
