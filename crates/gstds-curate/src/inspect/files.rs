//! The files of an inspection: each appears whole or not at all.

use super::InspectionFacts;
use crate::error::Result;
use gstds_data::Error;
use gstds_data::atomic_file::refuse_existing;
use gstds_data::output_file::{OutputFile, StagedOutput};
use std::io::{ErrorKind, Write as _};
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

    /// Checks before the work that [`Inspection::write`] replaces nothing.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for the first file that is there already.
    pub fn check(folder: &Path) -> Result<()> {
        let names = iter::once(PAGE).chain(PICTURES);
        Ok(refuse_existing(names.map(|name| folder.join(name)))?)
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
        let is_new = !folder.exists();
        let written = fs::create_dir_all(folder).map_err(Error::io("creating", folder));
        let written = written.and_then(|()| self.stage_and_name(folder, replace));
        if written.is_err() && is_new {
            // Empty again, unless someone else put a file there.
            let _ = fs::remove_dir(folder);
        }
        Ok(written.map(|()| folder.join(PAGE))?)
    }

    fn stage_and_name(&self, folder: &Path, replace: bool) -> Result<(), Error> {
        let pictures = self.pictures.iter().map(|file| (file.name, &*file.png));
        let page = iter::once((PAGE, self.page.as_bytes()));
        let files: Vec<(OutputFile, &[u8])> = pictures
            .chain(page)
            .map(|(name, bytes)| Ok((OutputFile::new(&folder.join(name), replace)?, bytes)))
            .collect::<Result<_, Error>>()?;
        let mut staged = Vec::new();
        for (file, bytes) in &files {
            staged.push(file.stage(|into| into.write_all(bytes))?);
        }
        staged.into_iter().try_for_each(StagedOutput::place)?;
        match replace {
            true => self.remove_others(folder),
            false => Ok(()),
        }
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
