//! The files of an inspection: each appears whole or not at all.

use super::InspectionFacts;
use crate::error::Result;
use gstds_data::Error;
use gstds_data::atomic_file::{check_writable, refuse_existing};
use gstds_data::output_file;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{fs, iter};

const PAGE: &str = "inspect.html";
/// All pictures that an inspection may have.
pub(super) const CONTACT_SHEET: &str = "contact-sheet.png";
pub(super) const INPUT_ORDER: &str = "similarity-input-order.png";
pub(super) const FIEDLER_ORDER: &str = "similarity-fiedler-order.png";
pub(super) const SCORES: &str = "fiedler-vector.png";
pub(super) const SPECTRUM: &str = "spectrum.png";

const PICTURES: [&str; 5] = [CONTACT_SHEET, INPUT_ORDER, FIEDLER_ORDER, SCORES, SPECTRUM];

/// A drawn inspection.
#[derive(Clone, Debug)]
pub struct Inspection {
    pub(super) page: String,
    pub(super) pictures: Vec<PictureFile>,
    pub(super) facts: InspectionFacts,
    pub(super) findings: Vec<String>,
}

/// A picture as a file.
#[derive(Clone, Debug)]
pub struct PictureFile {
    /// Its file name.
    pub name: &'static str,
    /// A PNG on a light background.
    pub png: Vec<u8>,
}

impl Inspection {
    /// The HTML: one file with all pictures in it, which loads nothing.
    #[must_use]
    pub fn page(&self) -> &str {
        &self.page
    }

    /// The pictures beside the page.
    #[must_use]
    pub fn pictures(&self) -> &[PictureFile] {
        &self.pictures
    }

    /// The numbers.
    #[must_use]
    pub fn facts(&self) -> &InspectionFacts {
        &self.facts
    }

    /// What the numbers show, in sentences.
    #[must_use]
    pub fn findings(&self) -> &[String] {
        &self.findings
    }

    /// All files that an inspection may have in a folder: the page, then pictures.
    pub fn places(folder: &Path) -> impl Iterator<Item = PathBuf> {
        let names = iter::once(PAGE).chain(PICTURES);
        names.map(move |name| folder.join(name))
    }

    /// Checks before the work that [`Inspection::write`] can write there, and replaces nothing
    /// unless `replace`.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for the first file that is there already, and for a
    /// folder in which none can be created.
    pub fn check(folder: &Path, replace: bool) -> Result<()> {
        if !replace {
            refuse_existing(Self::places(folder))?;
        }
        Ok(check_writable(folder)?)
    }

    /// Writes `inspect.html` and the pictures to `folder`, which is created if missing and may hold
    /// other files, and returns the path of the page, which is named last. All are written before
    /// any gets its name, so that a full disk leaves nothing. With `replace`, files of these names
    /// are replaced one by one, and pictures of an earlier inspection that this one does not have
    /// are removed.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for a file that is there, unless
    /// `replace`, or one that cannot be written.
    pub fn write(&self, folder: &Path, replace: bool) -> Result<PathBuf> {
        let pictures = self.pictures.iter().map(|file| (file.name, &*file.png));
        let page = iter::once((PAGE, self.page.as_bytes()));
        output_file::write_all(folder, pictures.chain(page), replace)?;
        if replace {
            self.remove_others(folder)?;
        }
        Ok(folder.join(PAGE))
    }

    /// Removes the pictures of an earlier inspection that would contradict the page.
    fn remove_others(&self, folder: &Path) -> Result<(), Error> {
        let has = |name: &str| self.pictures.iter().any(|file| file.name == name);
        for name in PICTURES.into_iter().filter(|name| !has(name)) {
            let path = folder.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::io("removing", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
