//! Which data set to open, and how.

#[cfg(feature = "clap")]
use crate::flags;
use crate::{
    corruption::{Corruption, LabelNoise},
    crops::DECODE_LIMIT,
    embedded::EMBEDDED_NAME,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The data sets that [`open`](crate::open) reads:
///
/// - `fashion-mnist-5k` is embedded in the library.
/// - `fashion-mnist` and `mnist` are IDX files, with or without gzip; the names of their files
///   are the same, so this name decides what the classes are called.
/// - `cifar10` is the official binary version.
/// - `flowers` is Oxford-Flowers-102, trained on `trnid` and tested on `tstid`;
///   `flowers-valid` is tested on `valid` instead, for choosing settings, and
///   `flowers-trainval` is trained on both `trnid` and `valid`.
/// - `pets` is Oxford-IIIT Pet or a part of it.
/// - `folder` has one folder of images per class.
pub const NAMES: &[&str] = &[
    EMBEDDED_NAME,
    "fashion-mnist",
    "mnist",
    "cifar10",
    "flowers",
    "flowers-valid",
    "flowers-trainval",
    "pets",
    "folder",
];

/// Which data set to open, and how: the table `[data]` of a run's configuration, and with the
/// feature `clap` its flags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(next_help_heading = "Data set")
)]
pub struct DatasetConfig {
    /// Data set to train on [default: fashion-mnist-5k]
    ///
    /// One of fashion-mnist-5k (built in), fashion-mnist, mnist, cifar10, flowers, flowers-valid,
    /// flowers-trainval, pets and folder (one folder of images per class).
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME"))]
    pub dataset: String,
    /// Folder with the files of the data set.
    ///
    /// fashion-mnist-5k needs none.
    #[cfg_attr(feature = "clap", arg(long = "data", value_name = "DIR"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Side in pixels of the square crops that image files are resized to. Data sets whose images
    /// have one size (CIFAR-10, both MNISTs) keep it.
    #[cfg_attr(feature = "clap", arg(skip))]
    pub side: usize,
    /// Skip images that cannot be decoded instead of refusing the data set.
    #[cfg_attr(feature = "clap", arg(skip))]
    pub skip_bad: bool,
    /// Most bytes of a decoded image; larger ones cannot be decoded.
    #[cfg_attr(feature = "clap", arg(skip))]
    #[serde(skip_serializing_if = "is_default_limit")]
    pub decode_limit: u64,
    /// Files and folders of the data set `folder` that are passed over, as
    /// [`Exclude`](crate::Exclude) has them.
    #[cfg_attr(feature = "clap", arg(skip))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Whether hidden files, caches of previews and the like are passed over, too.
    #[cfg_attr(feature = "clap", arg(skip))]
    #[serde(skip_serializing_if = "is_true")]
    pub default_excludes: bool,
    /// Train on the first N images of each class.
    ///
    /// All test images are tested on.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", value_parser = flags::count()))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_class: Option<usize>,
    /// Long tail: share that the rarest class keeps.
    ///
    /// Of its images, in (0, 1]. The fractions that classes keep fall exponentially from 1, from
    /// the largest class to the smallest. Applied before duplicates and label noise.
    #[cfg_attr(
        feature = "clap",
        arg(
            long,
            value_name = "F",
            allow_negative_numbers = true,
            help_heading = "Corruption"
        )
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imbalance: Option<f64>,
    /// Duplicates: a fifth of the images occurs N times.
    ///
    /// N is at least 2. The number of rows stays the same: other images make room.
    #[cfg_attr(
        feature = "clap",
        arg(long, value_name = "N", help_heading = "Corruption")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<usize>,
    /// A fifth of the images N times, the copies altered.
    ///
    /// Near-copies of a fifth of the images. Features of the altered images are computed for each
    /// seed and cached. Not together with --duplicate.
    #[cfg_attr(
        feature = "clap",
        arg(long, value_name = "N", help_heading = "Corruption")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_copies: Option<usize>,
    /// Label noise: share of wrong labels, in [0, 1).
    ///
    /// Any other class, or with :pairs, as in 0.2:pairs, always the next one: errors that agree
    /// with each other. Those of duplicates are drawn independently.
    #[cfg_attr(
        feature = "clap",
        arg(
            long,
            value_name = "F[:pairs]",
            allow_negative_numbers = true,
            help_heading = "Corruption"
        )
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_noise: Option<LabelNoise>,
}

impl DatasetConfig {
    /// How a run corrupts the training split.
    #[must_use]
    pub fn corruption(&self) -> Corruption {
        Corruption {
            imbalance: self.imbalance,
            duplicate: self.duplicate,
            near_copies: self.near_copies,
            label_noise: self.label_noise,
        }
    }
}

/// The embedded data set; crops of 64 pixels; every image must decode.
impl Default for DatasetConfig {
    fn default() -> Self {
        Self {
            dataset: EMBEDDED_NAME.into(),
            folder: None,
            side: 64,
            skip_bad: false,
            decode_limit: DECODE_LIMIT,
            exclude: Vec::new(),
            default_excludes: true,
            per_class: None,
            imbalance: None,
            duplicate: None,
            near_copies: None,
            label_noise: None,
        }
    }
}

fn is_default_limit(limit: &u64) -> bool {
    *limit == DECODE_LIMIT
}

fn is_true(value: &bool) -> bool {
    *value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_survives_its_file_and_unknown_keys_do_not() {
        let config = DatasetConfig {
            dataset: "pets".into(),
            folder: Some("data/pets".into()),
            side: 96,
            skip_bad: true,
            decode_limit: 1 << 30,
            exclude: vec!["*_small.jpg".into()],
            default_excludes: false,
            per_class: Some(7),
            imbalance: Some(0.5),
            duplicate: Some(3),
            near_copies: Some(2),
            label_noise: Some(0.25.into()),
        };
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<DatasetConfig>(&text).unwrap(), config);
        let corruption =
            toml::from_str::<DatasetConfig>("imbalance = 1\nlabel_noise = 0.25").unwrap();
        let corruption = corruption.corruption();
        assert_eq!(corruption.to_string(), "imbalance 1, label noise 0.25");
        assert!(DatasetConfig::default().corruption().is_clean());
        let default = toml::to_string(&DatasetConfig::default()).unwrap();
        assert_eq!(
            toml::from_str::<DatasetConfig>(&default).unwrap(),
            DatasetConfig::default()
        );
        let message = toml::from_str::<DatasetConfig>("sides = 3").unwrap_err();
        assert!(message.to_string().contains("sides"), "{message}");
    }
}
