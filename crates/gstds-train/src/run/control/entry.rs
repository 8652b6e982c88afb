//! What is checked before anything takes time: whether a run may have its folder.

use super::{Place, State, differences::differences, lock::lock};
use crate::{
    error::{Error, Result},
    run::{config::TrainConfig, folder::RunFolder},
};
use std::path::Path;

/// Refuses a new run whose folder is there, and to resume one that is not, has another
/// configuration, is finished, or is under way.
pub(in crate::run) fn check(config: &TrainConfig) -> Result<()> {
    match (&config.out, config.resume) {
        (Some(path), true) => check_resumable(config, path),
        (Some(path), false) if path.exists() => Err(Error::RunExists { path: path.clone() }),
        (None, true) => Err(super::super::config::config_error(
            "a run without a folder cannot be resumed: set out".into(),
        )),
        _ => Ok(()),
    }
}

fn check_resumable(config: &TrainConfig, path: &Path) -> Result<()> {
    let then = RunFolder::config(path)?;
    agree(config, &then, path)?;
    if RunFolder::is_finished(path) {
        return Err(Error::RunFinished { path: path.into() });
    }
    lock(path).map(drop)
}

fn agree(now: &TrainConfig, then: &TrainConfig, path: &Path) -> Result<()> {
    let differences = differences(now, then)?;
    match differences.is_empty() {
        true => Ok(()),
        false => Err(Error::OtherRun {
            path: path.into(),
            differences: differences.join("; "),
        }),
    }
}

impl State {
    /// Refuses to go on with other data or another configuration; what else differs is told.
    pub(in crate::run) fn check(
        &self,
        now: &super::Origin,
        (config, path): (&TrainConfig, &Path),
        batches: usize,
    ) -> Result<Vec<String>> {
        let then = &self.origin;
        let config_then = toml::from_str(&then.config).map_err(|e| Error::ConfigFile {
            path: path.join(super::FOLDER),
            reason: e.to_string(),
        })?;
        agree(config, &config_then, path)?;
        let refused = |reason: &str| Error::OtherRun {
            path: path.into(),
            differences: reason.into(),
        };
        if now.data != then.data {
            return Err(refused("the images or labels of its data set have changed"));
        }
        if now.bank != then.bank {
            return Err(refused("the features of its reference model have changed"));
        }
        let Place { epoch, batch } = self.place;
        if epoch > config.epochs || batch >= batches.max(1) {
            return Err(refused("the checkpoint's place is beyond the run's end"));
        }
        let mut notes = Vec::new();
        let both = [
            ("version", &then.version, &now.version),
            ("adapter", &then.adapter, &now.adapter),
        ];
        for (what, then, now) in both.into_iter().filter(|(_, then, now)| then != now) {
            notes.push(format!(
                "this run began with {what} {then} and goes on with {now}: from here on its numbers may differ from an uninterrupted run's"
            ));
        }
        Ok(notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{method::MethodName, run::control::checkpoint::tests::checkpoint};

    type Change = fn(&mut State);

    fn check(change: Change) -> Result<Vec<String>> {
        let config = TrainConfig::new(MethodName::Full, true);
        let mut state = checkpoint(3).state;
        state.origin.config = config.to_toml().unwrap();
        let now = state.origin.clone();
        change(&mut state);
        state.check(&now, (&config, Path::new("run")), 3)
    }

    #[test]
    fn other_data_features_or_values_are_refused_and_another_adapter_is_told() {
        assert_eq!(check(|_| {}).unwrap(), [""; 0]);
        let cases: [(&str, Change); 4] = [
            ("images or labels", |s| s.origin.data = "other".into()),
            ("features", |s| s.origin.bank = Some("other".into())),
            ("seed is 0, not 5", |s| {
                s.origin.config = s.origin.config.replace("seed = 0", "seed = 5");
            }),
            ("place", |s| s.place.batch = 3),
        ];
        for (part, change) in cases {
            let message = check(change).unwrap_err().to_string();
            assert!(message.contains(part), "{part}: {message}");
        }
        let notes = check(|s| s.origin.adapter = "Voodoo2".into()).unwrap();
        assert!(
            notes[0].contains("Voodoo2") && notes.len() == 1,
            "{notes:?}"
        );
    }
}
