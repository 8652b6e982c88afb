//! Checks before anything takes time, and the files opened for them.

use crate::{
    error::{Error, Result, config_error},
    run::{checkpoint::Resumed, config::TrainConfig, progress::RunProgress},
};
use gstds_models::{learner::InitWeights, reference::OpenReference};
use std::path::Path;

/// A configuration that was checked, and the files that it names, opened.
pub(in crate::run) struct Preflight {
    /// The run to resume.
    pub resumed: Option<Resumed>,
    /// The reference model, where features are needed.
    pub reference: Option<OpenReference>,
    /// The weights that a new run's learner starts from.
    pub init: Option<InitWeights>,
}

impl Preflight {
    /// Refuses invalid values, weights that are missing or those of another network, a folder that
    /// exists or cannot be written, and a run that cannot be resumed. Opens the reference model if
    /// `find_features`.
    pub fn new(
        config: &TrainConfig,
        find_features: bool,
        progress: &mut dyn RunProgress,
    ) -> Result<Self> {
        config.check()?;
        let resumed = resumed(config)?;
        for warning in resumed.iter().flat_map(|resumed| &resumed.warnings) {
            progress.warn(warning);
        }
        // A checkpoint holds the weights, and a run that has one does not need the file.
        let begins = resumed.as_ref().is_none_or(|it| it.checkpoint.is_none());
        let reference = match find_features {
            true => open_reference(config)?,
            false => None,
        };
        let init = if begins { open_init(config)? } else { None };
        if let Some(path) = &config.out {
            check_writable(path)?;
        }
        Ok(Self {
            resumed,
            reference,
            init,
        })
    }
}

fn resumed(config: &TrainConfig) -> Result<Option<Resumed>> {
    match (&config.out, config.resume) {
        (Some(path), true) => Resumed::open(config, path).map(Some),
        (Some(path), false) if path.exists() => Err(Error::RunExists { path: path.clone() }),
        (None, true) => Err(config_error(
            "cannot resume a run without a folder; set out".into(),
        )),
        _ => Ok(None),
    }
}

/// Refuses what a new run of the configuration would be refused for, but for its data. Opens the
/// files that it names, and writes nothing.
pub(in crate::run) fn check_new(config: &TrainConfig) -> Result<()> {
    config.check()?;
    open_reference(config)?;
    open_init(config)?;
    match &config.out {
        Some(path) if path.exists() => Err(Error::RunExists { path: path.clone() }),
        Some(path) => check_writable(path),
        None => Ok(()),
    }
}

/// The reference model, where the method needs features.
fn open_reference(config: &TrainConfig) -> Result<Option<OpenReference>> {
    let needed = config.spec().needs_features();
    Ok(needed.then(|| config.reference.open()).transpose()?)
}

/// The weights that a learner starts from, where a file of them is named.
fn open_init(config: &TrainConfig) -> Result<Option<InitWeights>> {
    let file = config.init.as_ref();
    let opened = file.map(|path| config.learner.open_weights(path));
    Ok(opened.transpose()?)
}

/// Checks that a folder can be created at `path`.
fn check_writable(path: &Path) -> Result<()> {
    let above = gstds_data::output_file::folder(path);
    Ok(gstds_data::atomic_file::check_writable(above)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        method::MethodName,
        run::{
            checkpoint::{self, fixture},
            folder::RunFolder,
        },
    };
    use gstds_data::Silent;

    #[test]
    fn a_file_in_the_way_of_the_run_folder_is_named_alone() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("runs");
        std::fs::write(&file, "").unwrap();
        let message = check_writable(&file.join("gstds-1"))
            .unwrap_err()
            .to_string();
        let named = format!("no file can be created in {}: ", file.display());
        let reason = message.strip_prefix(&named).expect(&message);
        assert!(!reason.contains("runs"), "{message}");
        assert!(check_writable(&root.path().join("new/gstds-1")).is_ok());
    }

    #[test]
    fn a_run_that_has_a_checkpoint_resumes_without_the_file_it_started_from() {
        let root = tempfile::tempdir().unwrap();
        let mut config = TrainConfig::new(MethodName::Full, true);
        config.learner = "resnet18".parse().unwrap();
        config.init = Some(root.path().join("gone.safetensors"));
        config.out = Some(root.path().join("run"));
        let check = |config: &TrainConfig| Preflight::new(config, true, &mut Silent);
        let message = |config: &TrainConfig| {
            let error = check(config).err().unwrap();
            let Error::Models(gstds_models::Error::Data(source)) = &error else {
                panic!("{error}");
            };
            assert!(matches!(source, gstds_data::Error::Io { .. }), "{error}");
            error.to_string()
        };
        assert!(message(&config).contains("gone.safetensors"));
        let folder = RunFolder::begin(&root.path().join("run"), &config.to_toml().unwrap());
        drop(folder.unwrap());
        config.resume = true;
        assert!(message(&config).contains("gone.safetensors"));
        let folder = RunFolder::reopen(&root.path().join("run")).unwrap();
        let mut first = fixture(1);
        first.state.metrics = 0;
        checkpoint::write(&folder, &first).unwrap();
        drop(folder);
        let ready = check(&config).unwrap();
        assert!(ready.resumed.unwrap().checkpoint.is_some());
    }
}
