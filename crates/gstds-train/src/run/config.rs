//! `config.toml`: everything that a run depends on.

use super::{defaults::Defaults, optimiser::Optimiser};
use crate::{
    error::{Error, Result},
    images::{Augment, Residence},
    method::MethodName,
    schedule::Schedule,
    toml_file,
};
use gstds::{
    Options,
    adapter::{NATIVE, Wanted},
};
use gstds_data::{DatasetConfig, EMBEDDED_NAME, ImageShape};
use gstds_models::learner::LearnerConfig;
use gstds_models::reference::{ReferenceConfig, ReferenceName};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Largest side of the learner's pictures, in pixels.
const MOST_SIDE: usize = 4096;

/// A run, complete: the same file on the same adapter gives the same run, from the same features; a
/// bank computed on another device may differ in their last bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Which rows of a batch are trained on.
    pub method: MethodName,
    /// Which share of a batch that is, epoch by epoch.
    pub schedule: Schedule,
    /// How random `jest` is: the noise on its scores is multiplied by this, from 0, which takes the
    /// most learnable rows.
    #[serde(default = "default_temperature")]
    pub temperature: f64,
    /// Weighs the losses of kept rows by one over the probability with which they were kept, so that
    /// their sum has the mean loss of the whole batch as its expectation; losses shown are these
    /// sums. For `jest` with a temperature above 0; `random` keeps rows alike, so that it is the mean
    /// over them as before. The weights are not normalised: an unlikely row can weigh much, which
    /// [`Optimiser::clip`] limits.
    #[serde(default)]
    pub reweight: bool,
    /// Rows of a batch before selection; the last of an epoch may be smaller.
    pub batch: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// Ends the run after so many optimiser steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<usize>,
    /// Ends the run after so many epochs without a better test accuracy than the best before. The
    /// test images then decide when training ends, so that the run's own test accuracies flatter
    /// it: a claim needs images that took no part. Learning rates still follow the steps of all
    /// epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Seed of the learner's weights, the order of rows and random choices.
    pub seed: u64,
    /// Side in pixels of the learner's pictures, to which images are resized: 1 to 4096.
    pub image_side: usize,
    /// Where images lie during the run.
    #[serde(default)]
    pub residence: Residence,
    /// Steps between readings of loss and accuracy; the last step of an epoch is read as well.
    pub log_every: usize,
    /// Minutes between checkpoints within an epoch, each of which waits for the device; 0 for none.
    /// The end of an epoch has one in any case.
    #[serde(default = "checkpoint_minutes")]
    pub checkpoint_minutes: f64,
    /// The network that is trained.
    pub learner: LearnerConfig,
    /// Weights in torchvision's layout that it starts from; none draws them from the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<PathBuf>,
    /// What it is trained on, and under which [conditions](gstds_data::Corruption).
    pub data: DatasetConfig,
    /// Whose features selection goes by.
    pub reference: ReferenceConfig,
    /// How it is trained.
    pub optimiser: Optimiser,
    /// How training pictures are changed at random.
    #[serde(default)]
    pub augment: Augment,
    /// How rows are selected, by the methods that solve a graph. Its seed is 0: each batch gets
    /// one from the run's.
    pub selection: Options,
    /// Which GPU does it.
    #[serde(default)]
    pub adapter: Adapter,
    /// Keeps neither resized images nor features for the next run, and reads none of the last.
    /// Not part of the file.
    #[serde(skip)]
    pub no_cache: bool,
    /// The run's folder, which must not exist; none writes nothing. Not part of the file.
    #[serde(skip)]
    pub out: Option<PathBuf>,
    /// Continues the run whose folder `out` is, from its newest checkpoint. Not part of the file.
    #[serde(skip)]
    pub resume: bool,
}

/// Minutes between checkpoints where nothing is said.
fn checkpoint_minutes() -> f64 {
    10.0
}

/// An adapter, as `--adapter` and `--backend` name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// Part of its name, or its number in `gstds devices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `vulkan`, `metal` or `dx12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
}

impl TrainConfig {
    /// The default run of a method on the embedded data set; see [`TrainConfig::for_dataset`].
    #[must_use]
    pub fn new(method: MethodName, software_adapter: bool) -> Self {
        Self::for_dataset(EMBEDDED_NAME, method, software_adapter)
    }

    /// The default run of a method on the data set of this name: small images and learners on a
    /// software adapter, and where there is a GPU those that the data set is known for. A name that
    /// is none gets the defaults of image files.
    #[must_use]
    pub fn for_dataset(dataset: &str, method: MethodName, software_adapter: bool) -> Self {
        let defaults = Defaults::of(dataset, software_adapter);
        Self {
            method,
            schedule: Schedule::constant(0.25),
            temperature: default_temperature(),
            reweight: false,
            batch: defaults.batch,
            epochs: defaults.epochs,
            max_steps: None,
            patience: None,
            seed: 0,
            image_side: defaults.image_side,
            residence: Residence::Auto,
            log_every: 5,
            checkpoint_minutes: checkpoint_minutes(),
            learner: defaults.learner,
            init: None,
            data: DatasetConfig {
                dataset: dataset.into(),
                side: defaults.image_side.max(defaults.reference_side),
                ..DatasetConfig::default()
            },
            reference: ReferenceConfig {
                side: defaults.reference_side,
                ..ReferenceConfig::new(ReferenceName::EfficientnetLite0)
            },
            optimiser: Optimiser::sgd(),
            augment: defaults.augment,
            selection: method.preset(),
            adapter: Adapter::default(),
            no_cache: false,
            out: None,
            resume: false,
        }
    }

    /// Reads a `config.toml`.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::ConfigFile`] when it is no
    /// configuration.
    pub fn read(path: &Path) -> Result<Self> {
        toml_file::read(path)
    }

    /// The text of `config.toml`.
    ///
    /// # Errors
    /// [`Error::Config`] for a value that TOML cannot hold.
    pub fn to_toml(&self) -> Result<String> {
        toml_file::text(self)
    }

    /// Checks every value that a run would stumble over whatever its images.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Reweight`], [`Error::Augment`] and [`Error::Data`] name the value,
    /// the limit and the way out.
    pub fn check(&self) -> Result<()> {
        let counts = [
            ("batch", self.batch),
            ("epochs", self.epochs),
            ("log_every", self.log_every),
            ("image_side", self.image_side),
            ("max_steps", self.max_steps.unwrap_or(1)),
            ("patience", self.patience.unwrap_or(1)),
        ];
        if let Some((what, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(config_error(format!("{what} is 0 and must be at least 1")));
        }
        if self.image_side > MOST_SIDE {
            return Err(config_error(format!(
                "image_side is {} and must be at most {MOST_SIDE}",
                self.image_side
            )));
        }
        let minutes = self.checkpoint_minutes;
        if !(minutes >= 0.0 && minutes.is_finite()) {
            return Err(config_error(format!(
                "checkpoint_minutes {minutes} must be 0 or more"
            )));
        }
        self.augment.check(self.image_side)?;
        self.data.corruption().check()?;
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            return Err(config_error(format!(
                "temperature is {} and must be a number from 0",
                self.temperature
            )));
        }
        if self.reweight {
            self.method.check_reweight(self.temperature)?;
        }
        if self.selection.seed != 0 {
            return Err(config_error(format!(
                "selection.seed is {}, and batches take theirs from the run's: set seed instead",
                self.selection.seed
            )));
        }
        self.optimiser.check()
    }

    /// Refuses images that no learner takes.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn check_images(&self, images: ImageShape) -> Result<()> {
        match images.height == images.width {
            true => Ok(()),
            false => Err(config_error(format!(
                "images of {}x{} are not square, and learners take square ones: crop them first",
                images.height, images.width
            ))),
        }
    }

    /// The adapter asked for.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a backend that is none.
    pub fn wanted(&self) -> Result<Wanted> {
        self.adapter.wanted()
    }
}

impl Adapter {
    /// The adapter that these names mean.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for a backend that is none.
    pub fn wanted(&self) -> Result<Wanted> {
        let backends = match self.backend.as_deref() {
            None => NATIVE,
            Some("vulkan") => wgpu::Backends::VULKAN,
            Some("metal") => wgpu::Backends::METAL,
            Some("dx12") => wgpu::Backends::DX12,
            Some(other) => {
                return Err(gstds_data::Error::UnknownName {
                    what: "backend",
                    name: other.into(),
                    choices: "vulkan, metal, dx12",
                }
                .into());
            }
        };
        Ok(Wanted {
            name: self.name.clone(),
            backends,
        })
    }
}

const fn default_temperature() -> f64 {
    1.0
}

pub(super) fn config_error(reason: String) -> Error {
    Error::Config { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::{Affinity, Path, Storage};

    const GREY: ImageShape = ImageShape {
        height: 28,
        width: 28,
        channels: 1,
    };

    #[test]
    fn a_file_holds_the_whole_configuration() {
        for method in MethodName::ALL {
            let mut config = TrainConfig::new(*method, true);
            config.max_steps = Some(7);
            config.temperature = 0.5;
            config.reweight = true;
            config.patience = Some(3);
            config.checkpoint_minutes = 2.5;
            config.schedule = "linear:1..0.25".parse().unwrap();
            config.adapter.name = Some("llvmpipe".into());
            config.selection.steps = Some(9);
            config.selection.affinity = Affinity::Knn;
            config.selection.tau = 0.05;
            config.selection.neighbours = 20;
            config.selection.storage = Storage::Half;
            config.selection.path = Path::LowRank;
            config.residence = Residence::Stream;
            config.augment = "flip,crop:2,rotate:7.5".parse().unwrap();
            let text = config.to_toml().unwrap();
            assert_eq!(
                toml::from_str::<TrainConfig>(&text).unwrap(),
                config,
                "{text}"
            );
            for line in ["tau = 0.05", "storage = \"half\"", "path = \"low-rank\""] {
                assert!(text.contains(line), "{text}");
            }
        }
    }

    #[test]
    fn options_that_a_file_leaves_out_are_the_defaults() {
        let mut config = TrainConfig::new(MethodName::Gstds, true);
        let text = config.to_toml().unwrap();
        let (before, _) = text.split_once("[selection]").unwrap();
        let short = format!("{before}[selection]\nneighbours = 20\n");
        config.selection.neighbours = 20;
        assert_eq!(
            toml::from_str::<TrainConfig>(&short).unwrap(),
            config,
            "{short}"
        );
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = TrainConfig::new(MethodName::Gstds, true).to_toml().unwrap();
        std::fs::write(&path, text.replace("epochs", "epoch")).unwrap();
        let message = TrainConfig::read(&path).unwrap_err().to_string();
        assert!(
            message.contains("config.toml") && message.contains("epoch"),
            "{message}"
        );
        let missing = TrainConfig::read(&folder.path().join("none.toml")).unwrap_err();
        assert!(
            matches!(
                missing,
                crate::Error::Data(gstds_data::Error::Io {
                    action: "reading",
                    ..
                })
            ),
            "{missing}"
        );
    }

    #[test]
    fn values_that_no_run_can_have_are_named() {
        let base = TrainConfig::new(MethodName::Gstds, true);
        assert!(base.check().is_ok() && base.check_images(GREY).is_ok());
        type Change = fn(&mut TrainConfig);
        let cases: [(&str, Change); 13] = [
            ("temperature is -1", |c| c.temperature = -1.0),
            ("temperature is NaN", |c| c.temperature = f64::NAN),
            ("gstds chooses rows by rule", |c| c.reweight = true),
            ("selection.seed is 3", |c| c.selection.seed = 3),
            ("batch is 0", |c| c.batch = 0),
            ("max_steps is 0", |c| c.max_steps = Some(0)),
            ("patience is 0", |c| c.patience = Some(0)),
            ("checkpoint_minutes -1", |c| c.checkpoint_minutes = -1.0),
            ("image_side is 4097", |c| c.image_side = 4097),
            ("label_noise is 1", |c| c.data.label_noise = Some(1.0)),
            ("rotate 200", |c| c.augment.rotation = 200.0),
            ("learning_rate NaN", |c| {
                c.optimiser.learning_rate = f64::NAN;
            }),
            ("weight_decay -1", |c| c.optimiser.weight_decay = -1.0),
        ];
        for (expected, change) in cases {
            let mut config = base.clone();
            change(&mut config);
            let message = config.check().unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        let tall = ImageShape { height: 32, ..GREY };
        assert!(
            base.check_images(tall)
                .unwrap_err()
                .to_string()
                .contains("32x28")
        );
    }

    #[test]
    fn backends_go_by_their_names_and_all_native_ones_by_default() {
        let wanted = |backend: Option<&str>| {
            let mut config = TrainConfig::new(MethodName::Full, true);
            config.adapter.backend = backend.map(Into::into);
            config.wanted().map(|wanted| wanted.backends)
        };
        assert_eq!(wanted(None).unwrap(), NATIVE);
        assert_eq!(wanted(Some("metal")).unwrap(), wgpu::Backends::METAL);
        let message = wanted(Some("gl")).unwrap_err().to_string();
        assert!(message.contains("vulkan, metal, dx12"), "{message}");
    }
}
