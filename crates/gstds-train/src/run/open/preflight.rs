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
        let needed = find_features && config.spec().needs_features();
        let reference = needed.then(|| config.reference.open()).transpose()?;
        // A checkpoint holds the weights, and a run that has one does not need the file.
        let has_checkpoint = resumed.as_ref().is_some_and(|it| it.checkpoint.is_some());
        let file = config.init.as_ref().filter(|_| !has_checkpoint);
        let init = file.map(|path| config.learner.open_weights(path));
        let init = init.transpose()?;
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

/// Checks that `path` can be created: that the nearest existing folder above it is writable.
fn check_writable(path: &Path) -> Result<()> {
    let exists = |folder: &&Path| folder.exists();
    let above = path.ancestors().skip(1).find(exists);
    let folder = match above {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let tried = tempfile::NamedTempFile::new_in(folder);
    // The kind alone: the whole error names the temporary file.
    let tried = tried.map_err(|e| e.kind().into());
    let tried = tried.map_err(gstds_data::Error::io("writing to", folder));
    Ok(tried.map(drop)?)
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
        let named = format!("writing to {} failed: ", file.display());
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
