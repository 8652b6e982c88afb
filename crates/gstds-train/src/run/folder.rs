//! A run's folder: its files are written whole or not at all, and no run overwrites another.

mod lock;
#[cfg(test)]
mod tests;

pub use lock::{LOCK, lock_in};

use super::config::TrainConfig;
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
const SUMMARY: &str = "summary.json";
/// The folder of checkpoints within a run's.
pub(super) const CHECKPOINTS: &str = "checkpoints";

/// The folder of one run: `config.toml`, `metrics.jsonl`, `kept/`, `checkpoints/`, `summary.json`.
/// One process at a time holds it, until this is dropped.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    metrics: File,
    /// Bytes of `metrics.jsonl` that are whole lines.
    whole: u64,
    _lock: File,
}

impl RunFolder {
    /// Creates the folder and the folders above it.
    ///
    /// # Errors
    /// [`Error::RunExists`] where the path is taken, [`gstds_data::Error::Io`].
    pub fn create(path: &Path) -> Result<Self> {
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(gstds_data::Error::io("creating", above))?;
        }
        fs::create_dir(path).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => Error::RunExists { path: path.into() },
            _ => gstds_data::Error::io("creating", path)(e).into(),
        })?;
        Self::open(path).inspect_err(|_| give_up(path))
    }

    /// Opens the folder of a run that was stopped, and removes what a killed process was writing.
    ///
    /// # Errors
    /// [`Error::RunInUse`] where another process holds it, [`Error::RunFinished`] where the run has
    /// ended, [`gstds_data::Error::Io`].
    pub fn reopen(path: &Path) -> Result<Self> {
        let folder = Self::open(path)?;
        // No other process can end it once we hold its lock.
        if Self::is_finished(path) {
            return Err(Error::RunFinished { path: path.into() });
        }
        for below in ["", "kept", CHECKPOINTS] {
            let below = path.join(below);
            if below.is_dir() {
                remove(&below, |name| name.starts_with(TEMPORARY_PREFIX))?;
            }
        }
        Ok(folder)
    }

    fn open(path: &Path) -> Result<Self> {
        let lock = lock::lock(path)?;
        let metrics = path.join(METRICS);
        let (metrics, whole) =
            append_to(&metrics).map_err(gstds_data::Error::io("opening", &metrics))?;
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

    /// Whether the run at `path` is finished.
    #[must_use]
    pub fn is_finished(path: &Path) -> bool {
        path.join(SUMMARY).exists()
    }

    /// Cuts the folder back to a checkpoint: the first `bytes` of `metrics.jsonl`, the kept rows of
    /// the first `epochs` epochs.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the metrics are shorter, [`gstds_data::Error::Io`].
    pub fn cut(&mut self, bytes: u64, epochs: usize) -> Result<()> {
        self.check_metrics(bytes, &self.path.join(CHECKPOINTS))?;
        let path = self.path.join(METRICS);
        let reading = |e| gstds_data::Error::io("reading", &path)(e);
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

    /// Refuses a checkpoint at `path` that was written after `bytes` of `metrics.jsonl`, unless the
    /// file has them and a line ends there.
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
        match ends.map_err(gstds_data::Error::io("reading", &metrics))? {
            (_, true) => Ok(()),
            (there, false) => Err(Error::Checkpoint {
                reason: format!(
                    "it needs the first {bytes} bytes of {METRICS}, which has {there}, or no line ends there"
                ),
                path: path.into(),
            }),
        }
    }

    /// Bytes of `metrics.jsonl`, which are on the disk when this returns.
    ///
    /// # Errors
    /// [`gstds_data::Error::Io`].
    pub fn sync_metrics(&self) -> Result<u64> {
        let synced = self.metrics.sync_data();
        synced.map_err(gstds_data::Error::io("writing", &self.path.join(METRICS)))?;
        Ok(self.whole)
    }

    /// Creates the folder and writes the run's configuration; removes the folder where that fails,
    /// so that the name stays free.
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

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file atomically; `name` may have folders.
    ///
    /// # Errors
    /// [`gstds_data::Error::Io`].
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<()> {
        Ok(gstds_data::atomic_file::write(
            &self.path.join(name),
            contents,
        )?)
    }

    /// Writes `summary.json`, which marks the run as finished.
    ///
    /// # Errors
    /// [`gstds_data::Error::Io`].
    pub(super) fn write_summary<T: Serialize>(&self, summary: &T) -> Result<()> {
        self.write_json(SUMMARY, summary)
    }

    /// Writes `value` as a JSON file.
    ///
    /// # Errors
    /// [`gstds_data::Error::Io`].
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::from);
        let text = text.map_err(gstds_data::Error::io("writing", &self.path.join(name)))?;
        self.write(name, format!("{text}\n").as_bytes())
    }

    /// Appends one line to `metrics.jsonl`; a line that does not fit on the disk is removed again.
    ///
    /// # Errors
    /// [`gstds_data::Error::Io`].
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
                // The error above is reported; a partial line is cut off where the disk allows it.
                let _ = self.metrics.set_len(self.whole);
                let path = self.path.join(METRICS);
                return Err(gstds_data::Error::io("writing", path)(e).into());
            }
        }
        Ok(())
    }
}

/// A file to append lines to, created if missing, and its size.
fn append_to(path: &Path) -> io::Result<(File, u64)> {
    let file = File::options().create(true).append(true).open(path)?;
    let bytes = file.metadata()?.len();
    Ok((file, bytes))
}

/// Removes the files of a folder whose name is `unwanted`.
fn remove(folder: &Path, unwanted: impl Fn(&str) -> bool) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(gstds_data::Error::io("reading", folder))?;
    for entry in entries {
        let entry = entry.map_err(gstds_data::Error::io("reading", folder))?;
        if entry.file_name().to_str().is_some_and(&unwanted) {
            fs::remove_file(entry.path())
                .map_err(gstds_data::Error::io("removing", &entry.path()))?;
        }
    }
    Ok(())
}

/// Removes a folder that was just created. The first error is the one to report.
fn give_up(path: &Path) {
    let _ = fs::remove_dir_all(path);
}
