//! `config.toml`: everything that a run depends on.

mod adapter;
mod check;

pub use adapter::Adapter;
pub use check::MOST_SEED;

use super::{defaults::Defaults, optimiser::Optimiser};
use crate::{
    error::Result,
    images::{Augment, Residence},
    method::{GuideTerms, MethodName, MethodSpec, ReferenceLoss, Score, Strata},
    schedule::Schedule,
    toml_file,
};
use gstds::{Options, adapter::AdapterRequest};
use gstds_data::{DatasetConfig, EMBEDDED_NAME, flags::count};
use gstds_models::learner::LearnerConfig;
use gstds_models::reference::{ReferenceConfig, ReferenceName};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A run, complete: the same file on the same adapter gives the same run, from the same features; a
/// bank computed on another device may differ in their last bits. A program makes flags of its
/// fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Method that selects rows [default: guided]
    ///
    /// loss, jest, stratified-learnability and spectral-guided use the learner's losses, which
    /// takes one more forward pass over each batch. The last three need a reference model that is
    /// better than the learner. guided takes no such pass. random is the baseline for every other
    /// method, and small-batch, plain training in batches of the kept size, the second.
    #[arg(long, help_heading = "Selection")]
    pub method: MethodName,
    /// Which share of a batch that is, epoch by epoch.
    #[arg(skip = Schedule::constant(KEEP))]
    pub schedule: Schedule,
    /// Score of a row's draw [default: the method's]
    ///
    /// free, learnability or loss. Replaces the score of guided (free), jest,
    /// stratified-learnability and spectral-guided (learnability) or loss. free takes no forward
    /// pass over the batch.
    #[arg(long, value_name = "SCORE", help_heading = "Selection")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Strata of the draw [default: the method's]
    ///
    /// none: the whole batch. fiedler: strata along the Fiedler vector. nested: strata along
    /// eigenvectors 2 to 4. Replaces the strata of the methods with a score.
    #[arg(long, value_name = "STRATA", help_heading = "Selection")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strata: Option<Strata>,
    /// Temperature of the draw [default: the method's]
    ///
    /// 1 for guided and jest, else 0. Scales the noise on scores; 0 keeps the highest scores. For
    /// the methods with a score.
    #[arg(
        long,
        value_name = "T",
        allow_negative_numbers = true,
        help_heading = "Selection"
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Score only this many rows of each batch.
    ///
    /// The others are left out. For methods whose score takes a forward pass, such as jest: as many
    /// rows are kept, of fewer, and scoring costs less. At least as many rows as are kept are
    /// scored.
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Selection")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub super_batch: Option<usize>,
    /// Terms of guided, by commas [default: all]
    ///
    /// Of reference, class and age. A list such as class,age, or none. reference is the loss of a
    /// row's label under the vote of similar rows, class the learner's loss on its class, age how
    /// long ago it was kept.
    #[arg(long, value_name = "LIST", help_heading = "Selection")]
    #[serde(default)]
    pub guide: GuideTerms,
    /// Reference losses [default: by the score]
    ///
    /// Where the reference's loss of a row comes from; by default graph for score free, else probe.
    /// graph: the vote of similar rows on its label. probe: linear probes that were not fitted to
    /// it. For guided, jest, stratified-learnability and spectral-guided.
    #[arg(long, value_name = "SOURCE", help_heading = "Selection")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_loss: Option<ReferenceLoss>,
    /// Weight losses by 1 / selection probability.
    ///
    /// Those of kept rows. Their weighted sum is then an unbiased estimate of the batch's mean
    /// loss; reported losses are these sums. For draws from whole batches at a temperature above 0,
    /// such as those of jest; random keeps all rows with the same probability, so nothing changes.
    /// The weights are not normalised: an unlikely row can weigh much, which gradient clipping
    /// limits. In a comparison, methods without such probabilities are trained without weights.
    #[arg(long, help_heading = "Selection")]
    #[serde(default)]
    pub reweight: bool,
    /// Batch size before selection [default: 256]
    ///
    /// 128 for image files on a GPU. The last batch of an epoch may be smaller.
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Training")]
    pub batch: usize,
    /// Passes over the data [default: by the adapter]
    ///
    /// 12 on a software adapter; 30 or 60 on a GPU, by the data set.
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Training")]
    pub epochs: usize,
    /// Stop after this many optimiser steps.
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Training")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<usize>,
    /// Stop after N epochs without improvement.
    ///
    /// Of the test accuracy (early stopping). The test images then decide when training ends, so
    /// the test accuracy is optimistic; hold out other images for a claim. Learning rates still
    /// follow the steps of all epochs.
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Training")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Seed of every random choice [default: 0]
    ///
    /// Of the initial weights and the order of rows, too.
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub seed: u64,
    /// Side of the learner's input [default: by the data]
    ///
    /// In pixels; by default by data set and adapter. Images are resized to it. From 1 to 4096.
    #[arg(long, value_name = "N", value_parser = count(), help_heading = "Training")]
    pub image_side: usize,
    /// Where to keep images [default: auto]
    #[arg(long, value_name = "PLACE", help_heading = "Training")]
    #[serde(default)]
    pub residence: Residence,
    /// Steps between readings of loss and accuracy; the last step of an epoch is read as well.
    #[arg(skip)]
    pub log_every: usize,
    /// Minutes between checkpoints [default: 10]
    ///
    /// Within an epoch; 0 for none. Each waits for the device. Every epoch ends with a checkpoint
    /// in any case.
    #[arg(long, value_name = "N", help_heading = "Training")]
    #[serde(default = "checkpoint_minutes")]
    pub checkpoint_minutes: f64,
    /// Network to train, such as resnet8-w16.
    ///
    /// By default by data set and adapter. resnet8-w16 has 8 layers (8, 14, 20, ...) and 16
    /// channels in its first stage. resnet18 and resnet18-cifar have 64 channels there;
    /// resnet18-cifar-w8 has 8. mlp-w256 is a multilayer perceptron with two hidden layers of 256,
    /// which makes comparisons of many seeds cheap.
    #[arg(long, value_name = "NETWORK", help_heading = "Training")]
    pub learner: LearnerConfig,
    /// Initial weights, of resnet18 only.
    ///
    /// In torchvision's layout, .safetensors or .pth. Without a file they are drawn from the seed.
    #[arg(long, value_name = "FILE", help_heading = "Training")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<PathBuf>,
    /// The data set and its [corruption](gstds_data::Corruption).
    #[command(flatten)]
    pub data: DatasetConfig,
    /// The reference model that provides the features.
    #[command(flatten)]
    pub reference: ReferenceConfig,
    /// The optimiser.
    #[command(flatten)]
    pub optimiser: Optimiser,
    /// Augmentation, such as flip,crop:4, or none.
    ///
    /// A list of flip, crop:4, rotate:10 and brightness:0.2. flip mirrors half of the images,
    /// crop:N shifts by up to N pixels, rotate:D turns by up to D degrees, and brightness:F scales
    /// values by a factor within F of 1. Separate them by commas. The default depends on the data
    /// set and the adapter.
    #[arg(long, value_name = "LIST", help_heading = "Training")]
    #[serde(default)]
    pub augment: Augment,
    /// How rows are selected, by the methods that solve a graph. Its seed is 0: each batch gets
    /// one from the run's.
    #[arg(skip)]
    pub selection: Options,
    /// The GPU adapter.
    #[arg(skip)]
    #[serde(default)]
    pub adapter: Adapter,
    /// Neither reads nor writes the cache of resized images and features.
    /// Not part of the file.
    #[arg(skip)]
    #[serde(skip)]
    pub no_cache: bool,
    /// The run's folder, which must not exist; none writes nothing. Not part of the file.
    #[arg(skip)]
    #[serde(skip)]
    pub out: Option<PathBuf>,
    /// Resumes the run in `out` from its newest checkpoint. Not part of the file.
    #[arg(skip)]
    #[serde(skip)]
    pub resume: bool,
}

/// The default keep ratio.
const KEEP: f64 = 0.25;

/// The default of [`TrainConfig::checkpoint_minutes`].
fn checkpoint_minutes() -> f64 {
    10.0
}

impl TrainConfig {
    /// The default run of a method on the embedded data set; see [`TrainConfig::for_dataset`].
    #[must_use]
    pub fn new(method: MethodName, software_adapter: bool) -> Self {
        Self::for_dataset(EMBEDDED_NAME, method, software_adapter)
    }

    /// The default run of a method on the data set of this name: small images and learners on a
    /// software adapter, and the usual ones for the data set on a GPU. An unknown
    /// name gets the defaults of image files.
    #[must_use]
    pub fn for_dataset(dataset: &str, method: MethodName, software_adapter: bool) -> Self {
        let defaults = Defaults::of(dataset, software_adapter);
        Self {
            method,
            schedule: Schedule::constant(KEEP),
            score: None,
            strata: None,
            temperature: None,
            super_batch: None,
            guide: GuideTerms::default(),
            reference_loss: None,
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

    /// Changes the method: another one brings its own preset of selection options.
    pub fn set_method(&mut self, method: MethodName) {
        if method != self.method {
            self.method = method;
            self.selection = method.preset();
        }
    }

    /// The method with its settings.
    #[must_use]
    pub fn spec(&self) -> MethodSpec {
        let mut spec = self.method.spec();
        if let Some(family) = &mut spec.family {
            family.score = self.score.unwrap_or(family.score);
            family.strata = self.strata.unwrap_or(family.strata);
            family.temperature = self.temperature.unwrap_or(family.temperature);
        }
        MethodSpec {
            super_batch: self.super_batch,
            ..spec
        }
    }

    /// Reads a `config.toml`.
    ///
    /// # Errors
    /// [`gstds_data::Error::Io`] where the file cannot be read,
    /// [`Error::ConfigFile`](crate::Error::ConfigFile) where it is not a configuration.
    pub fn read(path: &Path) -> Result<Self> {
        toml_file::read(path)
    }

    /// The text of `config.toml`.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) for a value that TOML cannot hold.
    pub fn to_toml(&self) -> Result<String> {
        toml_file::text(self)
    }

    /// The adapter asked for.
    ///
    /// # Errors
    /// [`gstds_data::Error::UnknownName`] for an unknown backend.
    pub fn wanted(&self) -> Result<AdapterRequest> {
        self.adapter.wanted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::{Affinity, Path, Storage};

    #[test]
    fn a_file_holds_the_whole_configuration() {
        for method in MethodName::ALL {
            let mut config = TrainConfig::new(*method, true);
            config.max_steps = Some(7);
            config.temperature = Some(0.5);
            config.score = Some(Score::Loss);
            config.strata = Some(Strata::Nested);
            config.super_batch = Some(128);
            config.guide = "class,age".parse().unwrap();
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
}
