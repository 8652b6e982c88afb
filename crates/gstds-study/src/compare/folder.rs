//! A comparison's folder: `compare.toml`, `runs/METHOD/seed-N/`, `summary.json`.

use super::config::CompareConfig;
use crate::error::{Error, Result};
use gstds_data::atomic_file;
use gstds_train::run::{LOCK, differences, lock_in};
use serde::Serialize;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The comparison's configuration within its folder.
pub const COMPARE: &str = "compare.toml";
/// Its runs, a folder a method within.
pub(super) const RUNS: &str = "runs";
/// Its results.
pub const SUMMARY: &str = "summary.json";

/// The folder, which one process at a time holds until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Creates the folder, or resumes the comparison in it: `config` then gets what it has planned,
    /// and the methods and seeds of both.
    pub(super) fn open(config: &mut CompareConfig) -> Result<Self> {
        let path = config.out.clone();
        if !config.resume {
            return Self::create(path);
        }
        let file = path.join(COMPARE);
        if !file.exists() {
            return Err(Error::NoComparison { path });
        }
        let lock = lock_in(&path, &path)?;
        join(config, CompareConfig::read(&file)?)?;
        Ok(Self { path, _lock: lock })
    }

    fn create(path: PathBuf) -> Result<Self> {
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(gstds_data::Error::io("creating", above))?;
        }
        match fs::create_dir(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && !is_bare(&path) => {
                return Err(gstds_train::Error::RunExists { path }.into());
            }
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                return Err(gstds_data::Error::io("creating", path)(e).into());
            }
            _ => {}
        }
        let lock = lock_in(&path, &path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Removes a folder in which no run has begun, so that the comparison can be started anew there,
    /// with other settings; where it holds anything else, the configuration alone.
    pub(super) fn forget_unbegun(&self) -> Result<()> {
        if self.path.join(RUNS).exists() {
            return Ok(());
        }
        let file = self.path.join(COMPARE);
        fs::remove_file(&file).map_err(gstds_data::Error::io("removing", &file))?;
        // Refused where there is more in it.
        let _ = fs::remove_file(self.path.join(LOCK)).and_then(|()| fs::remove_dir(&self.path));
        Ok(())
    }

    /// Writes `compare.toml`.
    pub(super) fn write_config(&self, config: &CompareConfig) -> Result<()> {
        Ok(atomic_file::write(
            &self.path.join(COMPARE),
            config.to_toml()?.as_bytes(),
        )?)
    }

    /// Writes `summary.json`.
    pub(super) fn write_summary<T: Serialize>(&self, summary: &T) -> Result<()> {
        let path = self.path.join(SUMMARY);
        let text = serde_json::to_string_pretty(summary).map_err(io::Error::from);
        let text = text.map_err(gstds_data::Error::io("writing", &path))?;
        Ok(atomic_file::write(&path, format!("{text}\n").as_bytes())?)
    }
}

/// Whether a folder holds only what a process leaves that is killed before it writes
/// `compare.toml`.
fn is_bare(path: &Path) -> bool {
    let hidden = |entry: io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_name().as_encoded_bytes().starts_with(b"."))
    };
    fs::read_dir(path).is_ok_and(|mut entries| entries.all(hidden))
}

/// Merges the stored configuration into the requested one; they must agree in all but methods,
/// seeds and paths.
fn join(now: &mut CompareConfig, then: CompareConfig) -> Result<()> {
    let mut differences = differences(&now.base, &then.base)?;
    if now.budget != then.budget {
        differences.push(format!("budget is {}, not {}", now.budget, then.budget));
    }
    if now.free_reference != then.free_reference {
        differences.push(format!(
            "free_reference is {}, not {}",
            now.free_reference, then.free_reference
        ));
    }
    // A resumed run checks its images and features; finished ones do not.
    let places = [
        ("data.folder", &now.base.data.folder, &then.base.data.folder),
        (
            "reference.weights",
            &now.base.reference.weights,
            &then.base.reference.weights,
        ),
    ];
    for (key, now, then) in places.into_iter().filter(|(_, now, then)| now != then) {
        let shown = |path: &Option<PathBuf>| {
            let path = path.as_ref();
            path.map_or_else(|| "left out".into(), |path| path.display().to_string())
        };
        differences.push(format!("{key} is {}, not {}", shown(now), shown(then)));
    }
    if !differences.is_empty() {
        return Err(gstds_train::Error::OtherRun {
            path: now.out.clone(),
            differences: differences.join("; "),
        }
        .into());
    }
    let asked = std::mem::replace(&mut now.methods, then.methods);
    for method in asked {
        if !now.methods.contains(&method) {
            now.methods.push(method);
        }
    }
    now.seeds = now.seeds.max(then.seeds);
    now.amount = then.amount;
    now.device = then.device;
    now.allotments = then.allotments;
    Ok(())
}

/// Removes a run's folder without a run: its process was killed before it wrote the configuration.
pub(super) fn clear_unbegun(run: &Path) -> Result<()> {
    if !run.exists() || run.join("config.toml").exists() {
        return Ok(());
    }
    fs::remove_dir_all(run).map_err(gstds_data::Error::io("removing", run))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Allocation, Budget};
    use gstds_train::method::MethodName;
    use gstds_train::run::TrainConfig;

    fn config(out: &Path) -> CompareConfig {
        CompareConfig {
            methods: vec![MethodName::Random],
            seeds: 2,
            out: out.into(),
            ..CompareConfig::new(TrainConfig::new(MethodName::Gstds, true))
        }
    }

    #[test]
    fn a_comparison_grows_and_keeps_what_it_had() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("a/b");
        let mut first = config(&out);
        let folder = Folder::open(&mut first).unwrap();
        first.amount = Some(7.0);
        first.allotments = vec![Allocation {
            method: MethodName::Random,
            epochs: 1,
            steps: 2,
            samples: 3,
            flops: 4,
            seconds: None,
        }];
        folder.write_config(&first).unwrap();

        let mut more = config(&out);
        more.resume = true;
        more.seeds = 5;
        more.methods = vec![MethodName::Jest, MethodName::Random];
        let busy = Folder::open(&mut more).unwrap_err();
        assert!(
            matches!(busy, Error::Train(gstds_train::Error::RunInUse { .. })),
            "{busy}"
        );
        drop(folder);
        Folder::open(&mut more).unwrap();
        assert_eq!(more.methods, [MethodName::Random, MethodName::Jest]);
        assert_eq!((more.seeds, more.amount), (5, Some(7.0)));
        assert_eq!(more.allotments, first.allotments);

        let mut other = config(&out);
        other.resume = true;
        other.budget = Budget::Time;
        other.base.batch = 7;
        other.base.data.folder = Some("b".into());
        let message = Folder::open(&mut other).unwrap_err().to_string();
        assert!(
            message.contains("batch is 7")
                && message.contains("budget is time")
                && message.contains("data.folder is b, not left out"),
            "{message}"
        );
    }

    #[test]
    fn a_folder_with_something_in_it_is_not_taken_over() {
        let root = tempfile::tempdir().unwrap();
        drop(Folder::open(&mut config(root.path())).unwrap());
        fs::write(root.path().join("thesis.tex"), "").unwrap();
        let error = Folder::open(&mut config(root.path())).unwrap_err();
        assert!(
            matches!(error, Error::Train(gstds_train::Error::RunExists { .. })),
            "{error}"
        );
        let mut missing = config(&root.path().join("none"));
        missing.resume = true;
        let error = Folder::open(&mut missing).unwrap_err();
        assert!(matches!(error, Error::NoComparison { .. }), "{error}");
    }

    #[test]
    fn only_a_folder_without_a_configuration_is_cleared() {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join("seed-0");
        fs::create_dir_all(run.join("checkpoints")).unwrap();
        clear_unbegun(&run).unwrap();
        assert!(!run.exists());
        clear_unbegun(&run).unwrap();
        fs::create_dir(&run).unwrap();
        fs::write(run.join("config.toml"), "").unwrap();
        clear_unbegun(&run).unwrap();
        assert!(run.join("config.toml").exists());
    }
}
