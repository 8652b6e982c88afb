//! The checkpoints in a run's folder: written atomically, the last two kept, the newest intact one
//! found.

use super::Checkpoint;
use crate::{
    error::{Error, Result},
    run::folder::{CHECKPOINTS, RunFolder},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// How many are kept; a damaged one then has one before it.
const KEPT: usize = 2;
const STEM: &str = "step-";
const EXTENSION: &str = ".safetensors";

/// Writes a checkpoint and removes all but the last two.
pub(in crate::run) fn write(folder: &RunFolder, checkpoint: &Checkpoint) -> Result<()> {
    let name = name(checkpoint.state.tally.step);
    let bytes = checkpoint.to_bytes().map_err(|reason| Error::Checkpoint {
        path: folder.path().join(&name),
        reason,
    })?;
    folder.write(&name, &bytes)?;
    let all = list(folder.path())?;
    let old = all.len().saturating_sub(KEPT);
    remove(all.into_iter().take(old))
}

/// Takes a checkpoint out of the list without losing it.
fn set_aside(path: &Path) -> Result<()> {
    let renamed = fs::rename(path, path.with_extension("damaged"));
    Ok(renamed.map_err(gstds_data::Error::io("renaming", path))?)
}

/// The newest intact checkpoint that matches the metrics, and what is wrong with later ones; those
/// are renamed, as they would be taken for the newest again. None where there are no checkpoints. A
/// file that the system does not let us read may be intact: that is an error, and no file is
/// touched.
pub(in crate::run) fn newest(folder: &RunFolder) -> Result<Option<(Checkpoint, Vec<Error>)>> {
    let mut damaged: Vec<(usize, PathBuf, Error)> = Vec::new();
    for (step, path) in list(folder.path())?.into_iter().rev() {
        match read(folder, &path) {
            Ok(checkpoint) => {
                damaged
                    .iter()
                    .try_for_each(|(_, path, _)| set_aside(path))?;
                let why = damaged.into_iter().map(|(_, _, error)| error).collect();
                return Ok(Some((checkpoint, why)));
            }
            Err(error @ Error::Checkpoint { .. }) => damaged.push((step, path, error)),
            Err(error) => return Err(error),
        }
    }
    match damaged.into_iter().next() {
        None => Ok(None),
        Some((_, path, error)) => Err(Error::Checkpoint {
            reason: format!(
                "no checkpoint of this run is intact ({error}); remove {} and metrics.jsonl beside it to start from the first step, or start in another folder",
                folder.path().join(CHECKPOINTS).display()
            ),
            path,
        }),
    }
}

fn read(folder: &RunFolder, path: &Path) -> Result<Checkpoint> {
    let bytes = fs::read(path).map_err(gstds_data::Error::io("reading", path))?;
    let checkpoint = Checkpoint::from_bytes(&bytes).map_err(|reason| Error::Checkpoint {
        path: path.into(),
        reason,
    })?;
    folder.check_metrics(checkpoint.state.metrics, path)?;
    Ok(checkpoint)
}

fn name(step: usize) -> String {
    format!("{CHECKPOINTS}/{STEM}{step:09}{EXTENSION}")
}

/// Steps and paths of all checkpoints, oldest first.
fn list(run: &Path) -> Result<Vec<(usize, PathBuf)>> {
    let folder = run.join(CHECKPOINTS);
    let entries = fs::read_dir(&folder).map_err(gstds_data::Error::io("reading", &folder))?;
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.map_err(gstds_data::Error::io("reading", &folder))?;
        let name = entry.file_name();
        let step = name
            .to_str()
            .and_then(|name| name.strip_prefix(STEM)?.strip_suffix(EXTENSION))
            .and_then(|step| step.parse().ok());
        all.extend(step.map(|step| (step, entry.path())));
    }
    all.sort();
    Ok(all)
}

fn remove(checkpoints: impl IntoIterator<Item = (usize, PathBuf)>) -> Result<()> {
    for (_, path) in checkpoints {
        fs::remove_file(&path).map_err(gstds_data::Error::io("removing", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::checkpoint::file::tests::checkpoint;

    fn folder(root: &tempfile::TempDir, steps: &[usize]) -> RunFolder {
        let folder = RunFolder::create(&root.path().join("run")).unwrap();
        fs::write(folder.path().join("metrics.jsonl"), metrics(99)).unwrap();
        for step in steps {
            write(&folder, &checkpoint(*step)).unwrap();
        }
        folder
    }

    /// One line of this many bytes.
    fn metrics(bytes: usize) -> String {
        " ".repeat(bytes - 1) + "\n"
    }

    fn steps(folder: &RunFolder) -> Vec<usize> {
        let all = list(folder.path()).unwrap();
        all.into_iter().map(|(step, _)| step).collect()
    }

    #[test]
    fn the_last_two_are_kept() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root, &[999_999_999, 1_000_000_000, 1_000_000_001]);
        assert_eq!(steps(&folder), [1_000_000_000, 1_000_000_001]);
        let (found, damaged) = newest(&folder).unwrap().unwrap();
        assert_eq!(found, checkpoint(1_000_000_001));
        assert!(damaged.is_empty());
    }

    #[test]
    fn a_damaged_newest_one_gives_way_to_the_one_before() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root, &[5, 6]);
        let path = folder.path().join(name(6));
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let (found, damaged) = newest(&folder).unwrap().unwrap();
        assert_eq!(found, checkpoint(5));
        assert!(
            damaged[0].to_string().contains("step-000000006"),
            "{damaged:?}"
        );
        assert_eq!(
            steps(&folder),
            [5],
            "the damaged one would pass as newest again"
        );
    }

    #[test]
    fn a_checkpoint_of_metrics_that_are_not_there_gives_way_to_the_one_before() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root, &[5]);
        let mut later = checkpoint(6);
        later.state.metrics = 120;
        for there in [metrics(99), metrics(99) + &" ".repeat(30)] {
            write(&folder, &later).unwrap();
            fs::write(folder.path().join("metrics.jsonl"), there).unwrap();
            let (found, unfit) = newest(&folder).unwrap().unwrap();
            assert_eq!(found, checkpoint(5));
            assert!(unfit[0].to_string().contains("120 bytes"), "{unfit:?}");
            assert_eq!(steps(&folder), [5]);
        }
        fs::write(folder.path().join("metrics.jsonl"), "").unwrap();
        let message = newest(&folder).unwrap_err().to_string();
        let way = "metrics.jsonl beside it to start from the first step";
        assert!(message.contains(way), "{message}");
    }

    #[test]
    fn a_checkpoint_that_the_system_does_not_hand_out_is_no_damaged_one() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root, &[5]);
        // A folder cannot be read as a file, even by root.
        fs::create_dir(folder.path().join(name(6))).unwrap();
        let error = newest(&folder).unwrap_err();
        assert!(
            matches!(
                error,
                crate::Error::Data(gstds_data::Error::Io {
                    action: "reading",
                    ..
                })
            ),
            "{error}"
        );
        assert!(error.to_string().contains("step-000000006"), "{error}");
        assert_eq!(steps(&folder), [5, 6], "nothing is renamed");
    }

    #[test]
    fn none_at_all_differs_from_none_that_is_intact() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root, &[]);
        assert!(newest(&folder).unwrap().is_none());
        fs::write(folder.path().join(name(3)), b"nothing").unwrap();
        let message = newest(&folder).unwrap_err().to_string();
        assert!(message.contains("start from the first step"), "{message}");
        assert_eq!(
            steps(&folder),
            [3],
            "nothing is removed before something is found"
        );
    }
}
