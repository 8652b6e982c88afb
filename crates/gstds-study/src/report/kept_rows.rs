//! Which rows a run kept, and how often.

use crate::{
    error::{Error, Result},
    results::Run,
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, ErrorKind},
};

/// How often a run kept each training image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counts {
    /// By image; those that are absent were never kept.
    pub times: BTreeMap<u32, u32>,
    /// Epochs that have rows.
    pub epochs: usize,
}

/// The rows that a run kept in an epoch (from 1), step by step; none where that was not written.
///
/// # Errors
/// [`Error::RunFile`], [`Error::Data`](crate::Error::Data).
pub(super) fn of_epoch(run: &Run, epoch: usize) -> Result<Option<Vec<Vec<u32>>>> {
    let path = run.folder.join(format!("kept/epoch-{epoch:03}.json"));
    let file = match File::open(&path) {
        Ok(file) => BufReader::new(file),
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(gstds_data::Error::io("reading", path)(e).into()),
    };
    let rows = serde_json::from_reader(file).map_err(|e| Error::RunFile {
        path,
        reason: e.to_string(),
    })?;
    Ok(Some(rows))
}

/// How often a run kept each image over the epochs that were evaluated; none where no epoch's rows
/// were written.
///
/// # Errors
/// As [`of_epoch`].
pub(super) fn counts(run: &Run) -> Result<Option<Counts>> {
    let (mut times, mut epochs) = (BTreeMap::new(), 0);
    for point in &run.curve {
        if let Some(steps) = of_epoch(run, point.epoch)? {
            epochs += 1;
            for row in steps.into_iter().flatten() {
                *times.entry(row).or_insert(0) += 1;
            }
        }
    }
    Ok((epochs > 0).then_some(Counts { times, epochs }))
}

impl Counts {
    /// How often an image was kept.
    pub(super) fn of(&self, image: usize) -> u32 {
        let image = u32::try_from(image).ok();
        let times = image.and_then(|image| self.times.get(&image));
        times.copied().unwrap_or(0)
    }

    /// Lower bound on the number of images.
    pub(super) fn least_images(&self) -> usize {
        let last = self.times.last_key_value();
        last.map_or(0, |(&image, _)| image as usize + 1)
    }

    /// The share of `images` that were kept never, once, twice, ...
    pub(super) fn shares(&self, images: usize) -> Vec<f64> {
        let most = self.times.values().max().copied().unwrap_or(0);
        let mut counts = vec![0usize; most as usize + 1];
        for &times in self.times.values() {
            counts[times as usize] += 1;
        }
        counts[0] = images.saturating_sub(self.times.len());
        let all = images.max(1) as f64;
        counts.into_iter().map(|count| count as f64 / all).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixtures::{FixtureRun, write};

    fn run(files: &[(&str, &str)]) -> (tempfile::TempDir, Run) {
        let root = tempfile::tempdir().unwrap();
        let folder = write(root.path(), &FixtureRun::new("gstds", 0, &[0.1, 0.2, 0.3]));
        std::fs::create_dir(folder.join("kept")).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join("kept").join(name), text).unwrap();
        }
        (root, Run::read(&folder).unwrap())
    }

    #[test]
    fn images_are_counted_over_steps_and_epochs() {
        let (_root, run) = run(&[
            ("epoch-001.json", "[[4, 1], [0]]"),
            ("epoch-003.json", "[[1], [0, 1]]"),
        ]);
        let counts = counts(&run).unwrap().unwrap();
        assert_eq!(counts.epochs, 2);
        assert_eq!(
            [0, 1, 2, 4, usize::MAX].map(|i| counts.of(i)),
            [2, 3, 0, 1, 0]
        );
        assert_eq!(counts.least_images(), 5);
        assert_eq!(counts.shares(10), [0.7, 0.1, 0.1, 0.1]);
    }

    #[test]
    fn a_run_without_kept_rows_has_none_and_a_damaged_file_is_named() {
        assert_eq!(counts(&run(&[]).1).unwrap(), None);
        for text in ["[[1], [-1]]", "{}", "[[1]"] {
            let error = counts(&run(&[("epoch-002.json", text)]).1).unwrap_err();
            assert!(error.to_string().contains("epoch-002.json"), "{error}");
        }
    }
}
