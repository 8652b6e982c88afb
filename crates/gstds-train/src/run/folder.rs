//! A run's folder: nothing in it is ever half-written, and no run is written over another.

use super::{config::TrainConfig, control};
use crate::error::{Error, Result};
use gstds_data::atomic_file::TEMPORARY_PREFIX;
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

const CONFIG: &str = "config.toml";
const METRICS: &str = "metrics.jsonl";
pub(super) const SUMMARY: &str = "summary.json";

/// The folder of one run: `config.toml`, `metrics.jsonl`, `kept/`, `checkpoints/`, `summary.json`.
/// One process at a time has it, until this is dropped.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    metrics: File,
    /// Bytes of `metrics.jsonl` that are whole lines.
    whole: u64,
    _lock: File,
}

impl RunFolder {
    /// Makes the folder and the folders above it.
    ///
    /// # Errors
    /// [`Error::RunExists`] when there is something of that name, [`Error::Io`] when the system
    /// refuses.
    pub fn create(path: &Path) -> Result<Self> {
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(|e| failed("making", above, e))?;
        }
        fs::create_dir(path).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => Error::RunExists { path: path.into() },
            _ => failed("making", path, e),
        })?;
        Self::open(path).inspect_err(|_| give_up(path))
    }

    /// Takes up the folder of a run that was stopped, and removes what a killed process was
    /// writing.
    ///
    /// # Errors
    /// [`Error::RunInUse`] where another process is at it, [`Error::RunFinished`] where one has ended
    /// it by now, [`Error::Io`].
    pub fn reopen(path: &Path) -> Result<Self> {
        let folder = Self::open(path)?;
        // Nobody can end it any more once we hold its lock.
        if Self::is_finished(path) {
            return Err(Error::RunFinished { path: path.into() });
        }
        for below in ["", "kept", control::FOLDER] {
            let below = path.join(below);
            if below.is_dir() {
                remove(&below, |name| name.starts_with(TEMPORARY_PREFIX))?;
            }
        }
        Ok(folder)
    }

    fn open(path: &Path) -> Result<Self> {
        let lock = control::lock(path)?;
        let metrics = path.join(METRICS);
        let (metrics, whole) = append_to(&metrics).map_err(|e| failed("opening", &metrics, e))?;
        Ok(Self {
            path: path.into(),
            metrics,
            whole,
            _lock: lock,
        })
    }

    /// The configuration of the run at `path`.
    ///
    /// # Errors
    /// [`Error::NoRun`] where there is none, and as [`TrainConfig::read`].
    pub fn config(path: &Path) -> Result<TrainConfig> {
        let file = path.join(CONFIG);
        match file.exists() {
            true => TrainConfig::read(&file),
            false => Err(Error::NoRun { path: path.into() }),
        }
    }

    /// Whether the run at `path` has come to its end.
    #[must_use]
    pub fn is_finished(path: &Path) -> bool {
        path.join(SUMMARY).exists()
    }

    /// Cuts the folder back to a checkpoint: the first `bytes` of `metrics.jsonl`, the kept rows of
    /// the first `epochs` epochs.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the metrics are not as long, [`Error::Io`].
    pub fn cut(&mut self, bytes: u64, epochs: usize) -> Result<()> {
        self.check_metrics(bytes, &self.path.join(control::FOLDER))?;
        let path = self.path.join(METRICS);
        let reading = |e| failed("reading", &path, e);
        let mut metrics = fs::read(&path).map_err(reading)?;
        let whole = metrics.len().min(bytes as usize);
        if whole < metrics.len() {
            metrics.truncate(whole);
            self.write(METRICS, &metrics)?;
        }
        (self.metrics, self.whole) = append_to(&path).map_err(reading)?;
        let kept = self.path.join("kept");
        let later = |name: &str| {
            let epoch = name
                .strip_prefix("epoch-")
                .and_then(|n| n.strip_suffix(".json"));
            let epoch = epoch.and_then(|epoch| epoch.parse::<usize>().ok());
            epoch.is_some_and(|epoch| epoch > epochs)
        };
        match kept.is_dir() {
            true => remove(&kept, later),
            false => Ok(()),
        }
    }

    /// Refuses a checkpoint at `path` that goes with the first `bytes` of `metrics.jsonl` where a
    /// line does not end with them.
    ///
    /// # Errors
    /// [`Error::Checkpoint`], [`Error::Io`].
    pub(super) fn check_metrics(&self, bytes: u64, path: &Path) -> Result<()> {
        let metrics = self.path.join(METRICS);
        let ends = File::open(&metrics).and_then(|mut file| {
            let there = file.metadata()?.len();
            let mut last = *b"\n";
            if bytes > 0 && bytes <= there {
                file.seek(SeekFrom::Start(bytes - 1))?;
                file.read_exact(&mut last)?;
            }
            Ok((there, bytes <= there && last == *b"\n"))
        });
        match ends.map_err(|e| failed("reading", &metrics, e))? {
            (_, true) => Ok(()),
            (there, false) => Err(Error::Checkpoint {
                reason: format!(
                    "it goes with {bytes} bytes of {METRICS}, and {there} are there, or no line ends there"
                ),
                path: path.into(),
            }),
        }
    }

    /// Bytes of `metrics.jsonl`, which are on the disk when this returns.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sync_metrics(&self) -> Result<u64> {
        let synced = self.metrics.sync_data();
        synced.map_err(|e| failed("writing", &self.path.join(METRICS), e))?;
        Ok(self.whole)
    }

    /// Makes the folder and writes the run's configuration; leaves no folder behind where that
    /// fails, so that the same name can be used again.
    ///
    /// # Errors
    /// As [`RunFolder::create`] and [`RunFolder::write`].
    pub fn begin(path: &Path, config: &str) -> Result<Self> {
        Self::begin_with(path, CONFIG, config.as_bytes())
    }

    fn begin_with(path: &Path, name: &str, contents: &[u8]) -> Result<Self> {
        let folder = Self::create(path)?;
        folder
            .write(name, contents)
            .inspect_err(|_| give_up(path))?;
        Ok(folder)
    }

    /// The first of `stem-1`, `stem-2`, ... in `root` that does not exist.
    #[must_use]
    pub fn free_path(root: &Path, stem: &str) -> PathBuf {
        let mut paths = (1u32..).map(|number| root.join(format!("{stem}-{number}")));
        let free = paths.find(|path| !path.exists());
        free.unwrap_or_else(|| root.join(stem))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a whole file, by way of a temporary one; `name` may lie in a folder below.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<()> {
        Ok(gstds_data::atomic_file::write(
            &self.path.join(name),
            contents,
        )?)
    }

    /// Writes `value` as a JSON file.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::from);
        let text = text.map_err(|e| failed("writing", &self.path.join(name), e))?;
        self.write(name, format!("{text}\n").as_bytes())
    }

    /// Appends one line to `metrics.jsonl`; a line that does not fit on the disk is taken back.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn append<T: Serialize>(&mut self, line: &T) -> Result<()> {
        let written = serde_json::to_vec(line)
            .map_err(io::Error::from)
            .and_then(|mut bytes| {
                bytes.push(b'\n');
                self.metrics.write_all(&bytes)?;
                Ok(bytes.len() as u64)
            });
        match written {
            Ok(bytes) => self.whole += bytes,
            Err(e) => {
                // The error that counts is the one above; a half line is cut if the disk lets us.
                let _ = self.metrics.set_len(self.whole);
                return Err(failed("writing", &self.path.join(METRICS), e));
            }
        }
        Ok(())
    }
}

/// A file that lines are appended to, made if need be, and its bytes.
fn append_to(path: &Path) -> io::Result<(File, u64)> {
    let file = File::options().create(true).append(true).open(path)?;
    let bytes = file.metadata()?.len();
    Ok((file, bytes))
}

/// Removes the files of a folder whose name is `unwanted`.
fn remove(folder: &Path, unwanted: impl Fn(&str) -> bool) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|e| failed("reading", folder, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| failed("reading", folder, e))?;
        if entry.file_name().to_str().is_some_and(&unwanted) {
            fs::remove_file(entry.path()).map_err(|e| failed("removing", &entry.path(), e))?;
        }
    }
    Ok(())
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    gstds_data::Error::Io {
        action,
        path: path.into(),
        source,
    }
    .into()
}

/// Takes back a folder that this run has just made. The first error is the one to report.
fn give_up(path: &Path) {
    let _ = fs::remove_dir_all(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_folder_is_refused_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a").join("run");
        let folder = RunFolder::create(&path).unwrap();
        folder.write("config.toml", b"first").unwrap();
        let again = RunFolder::create(&path).unwrap_err();
        assert!(
            matches!(&again, Error::RunExists { path: p } if *p == path),
            "{again}"
        );
        assert_eq!(fs::read(path.join("config.toml")).unwrap(), b"first");
    }

    #[test]
    fn a_run_whose_first_write_fails_leaves_no_folder() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("run");
        // `metrics.jsonl` is a file already, so nothing can be written below it.
        let error = RunFolder::begin_with(&path, "metrics.jsonl/config.toml", b"seed = 1");
        let error = error.unwrap_err();
        assert!(
            matches!(
                &error,
                crate::Error::Data(gstds_data::Error::Io {
                    action: "writing",
                    ..
                })
            ),
            "{error}"
        );
        assert!(!path.exists());
        RunFolder::begin(&path, "seed = 2").unwrap();
        assert_eq!(fs::read(path.join("config.toml")).unwrap(), b"seed = 2");
    }

    #[test]
    fn a_run_that_ended_meanwhile_is_not_taken_up() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("run");
        drop(RunFolder::create(&path).unwrap());
        drop(RunFolder::reopen(&path).unwrap());
        fs::write(path.join(SUMMARY), b"{}").unwrap();
        let error = RunFolder::reopen(&path).unwrap_err();
        assert!(matches!(error, Error::RunFinished { .. }), "{error}");
    }

    #[test]
    fn files_appear_whole_under_their_name_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&root.path().join("run")).unwrap();
        folder.write("kept/epoch-1.json", b"[1]").unwrap();
        folder.write("kept/epoch-1.json", b"[2]").unwrap();
        let names: Vec<_> = fs::read_dir(folder.path().join("kept")).unwrap().collect();
        assert_eq!(names.len(), 1);
        assert_eq!(
            fs::read(folder.path().join("kept/epoch-1.json")).unwrap(),
            b"[2]"
        );
    }

    #[test]
    fn metrics_are_lines_of_json() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = RunFolder::create(&root.path().join("run")).unwrap();
        for step in 0..3 {
            folder.append(&serde_json::json!({ "step": step })).unwrap();
        }
        let text = fs::read_to_string(folder.path().join("metrics.jsonl")).unwrap();
        assert_eq!(text, "{\"step\":0}\n{\"step\":1}\n{\"step\":2}\n");
    }

    #[test]
    fn a_place_where_no_folder_can_be_is_an_error_with_its_path() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = RunFolder::create(&file.join("run")).unwrap_err();
        assert!(
            matches!(
                &error,
                crate::Error::Data(gstds_data::Error::Io {
                    action: "making",
                    ..
                })
            ),
            "{error}"
        );
        assert!(error.to_string().contains("file"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = RunFolder::create(&root.path().join("run")).unwrap();
        folder.metrics = File::options().write(true).open("/dev/full").unwrap();
        let error = folder.append(&"line").unwrap_err().to_string();
        assert!(
            error.contains("metrics.jsonl") && error.contains("space"),
            "{error}"
        );
    }

    #[test]
    fn free_paths_count_up() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(
            RunFolder::free_path(root.path(), "gstds"),
            root.path().join("gstds-1")
        );
        fs::create_dir(root.path().join("gstds-1")).unwrap();
        assert_eq!(
            RunFolder::free_path(root.path(), "gstds"),
            root.path().join("gstds-2")
        );
    }
}
