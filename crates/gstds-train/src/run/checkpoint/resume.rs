//! Checks before a run is resumed.

use super::{Checkpoint, CheckpointState, Origin, Position, differences::differences, store};
use crate::{
    error::{Error, Result},
    run::{
        config::TrainConfig,
        folder::{CHECKPOINTS, RunFolder},
    },
};
use std::path::Path;

/// A run to resume: its folder, which no other process can take, and its newest checkpoint.
pub(in crate::run) struct Resumed {
    pub folder: RunFolder,
    /// None where the run was stopped before the first.
    pub checkpoint: Option<Checkpoint>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Resumed {
    /// Opens the run of `config` at `path`. Refuses one that does not exist, has another
    /// configuration, is finished or under way, or has lost its checkpoints.
    pub fn open(config: &TrainConfig, path: &Path) -> Result<Self> {
        let then = RunFolder::config(path)?;
        refuse_differences(config, &then, path)?;
        if RunFolder::is_finished(path) {
            return Err(Error::RunFinished { path: path.into() });
        }
        let folder = RunFolder::reopen(path)?;
        let (checkpoint, warnings) = match store::newest(&folder)? {
            Some((checkpoint, damaged)) => {
                let damaged = damaged.iter();
                let warnings = damaged.map(|e| format!("{e}; resuming from the one before"));
                (Some(checkpoint), warnings.collect())
            }
            None => {
                refuse_lost(&folder)?;
                let warning = "this run has no checkpoint yet; starting from the first step";
                (None, vec![warning.into()])
            }
        };
        Ok(Self {
            folder,
            checkpoint,
            warnings,
        })
    }
}

fn refuse_differences(now: &TrainConfig, then: &TrainConfig, path: &Path) -> Result<()> {
    let differences = differences(now, then)?;
    match differences.is_empty() {
        true => Ok(()),
        false => Err(Error::OtherRun {
            path: path.into(),
            differences: differences.join("; "),
        }),
    }
}

/// Refuses to start a run again that got beyond its first epoch and so had checkpoints.
fn refuse_lost(folder: &RunFolder) -> Result<()> {
    let metrics = folder.path().join("metrics.jsonl");
    let text = std::fs::read_to_string(&metrics).unwrap_or_default();
    let epochs = text
        .lines()
        .filter(|line| line.contains("\"kind\":\"epoch\""));
    match epochs.count() {
        0 | 1 => Ok(()),
        epochs => Err(Error::Checkpoint {
            path: folder.path().join(CHECKPOINTS),
            reason: format!(
                "there is none, but {} has {epochs} epochs; put the checkpoints back, or start in another folder",
                metrics.display()
            ),
        }),
    }
}

impl CheckpointState {
    /// Refuses to resume with another configuration or other data than those of the checkpoint, in
    /// a run of `batches` batches an epoch. Returns warnings of other changes.
    pub fn check(
        &self,
        now: &Origin,
        config: &TrainConfig,
        path: &Path,
        batches: usize,
    ) -> Result<Vec<String>> {
        let then = &self.origin;
        let config_then = toml::from_str(&then.config).map_err(|e| Error::ConfigFile {
            path: path.join(CHECKPOINTS),
            reason: e.to_string(),
        })?;
        refuse_differences(config, &config_then, path)?;
        let Position { epoch, batch } = self.position;
        let changes = [
            (
                "the data set has other images or labels",
                now.data != then.data,
            ),
            (
                "the reference model has other features",
                now.bank != then.bank,
            ),
            (
                "the position of the checkpoint is past the run's end",
                epoch > config.epochs || batch >= batches.max(1),
            ),
        ];
        if let Some((change, _)) = changes.iter().find(|(_, changed)| *changed) {
            return Err(Error::OtherRun {
                path: path.into(),
                differences: (*change).into(),
            });
        }
        let both = [
            ("version", &then.version, &now.version),
            ("adapter", &then.adapter, &now.adapter),
        ];
        let changed = both.into_iter().filter(|(_, then, now)| then != now);
        Ok(changed
            .map(|(what, then, now)| {
                format!(
                    "the {what} changed from {then} to {now}: from here on the numbers may differ from those of an uninterrupted run"
                )
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{method::MethodName, run::checkpoint::file::tests::checkpoint};

    type Change = fn(&mut CheckpointState);

    fn check(change: Change) -> Result<Vec<String>> {
        let config = TrainConfig::new(MethodName::Full, true);
        let mut state = checkpoint(3).state;
        state.origin.config = config.to_toml().unwrap();
        let now = state.origin.clone();
        change(&mut state);
        state.check(&now, &config, Path::new("run"), 3)
    }

    #[test]
    fn other_data_features_or_values_are_refused_and_another_adapter_is_a_warning() {
        assert_eq!(check(|_| {}).unwrap(), [""; 0]);
        let cases: [(&str, Change); 4] = [
            ("images or labels", |s| s.origin.data = "other".into()),
            ("features", |s| s.origin.bank = Some("other".into())),
            ("seed is 0, not 5", |s| {
                s.origin.config = s.origin.config.replace("seed = 0", "seed = 5");
            }),
            ("position", |s| s.position.batch = 3),
        ];
        for (part, change) in cases {
            let message = check(change).unwrap_err().to_string();
            assert!(message.contains(part), "{part}: {message}");
            assert!(message.starts_with("cannot resume run"), "{message}");
        }
        let warnings = check(|s| s.origin.adapter = "Voodoo2".into()).unwrap();
        assert!(
            warnings[0].contains("Voodoo2") && warnings.len() == 1,
            "{warnings:?}"
        );
    }

    #[test]
    fn a_run_with_a_schedule_that_was_removed_is_refused_with_the_reason() {
        let root = tempfile::tempdir().unwrap();
        let config = TrainConfig::new(MethodName::Gstds, true);
        let text = config.to_toml().unwrap();
        for (old, reason) in [
            ("wave:0.25..1x4", "wave was removed"),
            (
                "constant:0.25+start:0.5",
                "write +warmup:0.5 for +start:0.5",
            ),
        ] {
            std::fs::write(
                root.path().join("config.toml"),
                text.replace("constant:0.25", old),
            )
            .unwrap();
            let error = Resumed::open(&config, root.path())
                .err()
                .unwrap()
                .to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
