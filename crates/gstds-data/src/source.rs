//! Which data set is meant, and where it lies.

#[cfg(feature = "clap")]
use super::flags;
use super::{corruption::Conditions, embedded::EMBEDDED_NAME};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Every data set that [`open`](super::open) reads:
///
/// - `fashion-mnist-5k` lies in the binary.
/// - `fashion-mnist` and `mnist` are IDX files of the same names, packed with gzip or not; the
///   name decides what the classes are called.
/// - `cifar10` is the official binary version.
/// - `flowers` is Oxford-Flowers-102, trained on `trnid` and tested on `tstid`;
///   `flowers-valid` is tested on `valid` instead, for choosing settings, and
///   `flowers-trainval` is trained on `trnid` and `valid` together.
/// - `pets` is Oxford-IIIT Pet or any part of it.
/// - `folder` has one folder of images a class.
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

/// Which data set, and how its images are read. With the feature `clap`, fields are flags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(
    feature = "clap",
    derive(clap::Args),
    command(next_help_heading = "Data set")
)]
pub struct Source {
    /// Data set to train and test on [default: fashion-mnist-5k]
    ///
    /// One of fashion-mnist-5k (built in), fashion-mnist, mnist, cifar10, flowers, flowers-valid,
    /// flowers-trainval, pets and folder (one folder of images per class).
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME"))]
    pub dataset: String,
    /// Folder with the files of the data set; fashion-mnist-5k needs none.
    #[cfg_attr(feature = "clap", arg(long = "data", value_name = "DIR"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Side in pixels of the crops that image files are resized to. Data sets of one size
    /// (CIFAR-10, both MNISTs) keep it.
    #[cfg_attr(feature = "clap", arg(skip))]
    pub side: usize,
    /// Leaves out images that cannot be decoded instead of refusing the data set.
    #[cfg_attr(feature = "clap", arg(skip))]
    pub skip_bad: bool,
    /// Train on the first N images of each class only; test on all test images.
    #[cfg_attr(feature = "clap", arg(long, value_name = "N", value_parser = flags::count()))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_class: Option<usize>,
    /// Long tail: the rarest class keeps this fraction of its images, in (0, 1].
    ///
    /// The fractions of the classes, in an order drawn from the seed, fall exponentially from 1.
    /// Applied before the other corruptions.
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
    /// Copies: a fifth of the images appears N times each, at least 2.
    ///
    /// The number of rows stays the same: other images make room.
    #[cfg_attr(
        feature = "clap",
        arg(long, value_name = "N", help_heading = "Corruption")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<usize>,
    /// Label noise: this fraction of all rows gets a wrong label, in [0, 1).
    ///
    /// The labels of copies are drawn independently.
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
    pub label_noise: Option<f64>,
}

impl Source {
    /// What a run makes hard about the training images.
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        Conditions {
            imbalance: self.imbalance,
            duplicate: self.duplicate,
            label_noise: self.label_noise,
        }
    }
}

/// The data set in the binary; crops of 64 pixels; every image must be sound.
impl Default for Source {
    fn default() -> Self {
        Self {
            dataset: EMBEDDED_NAME.into(),
            folder: None,
            side: 64,
            skip_bad: false,
            per_class: None,
            imbalance: None,
            duplicate: None,
            label_noise: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_survives_its_file_and_unknown_keys_do_not() {
        let source = Source {
            dataset: "pets".into(),
            folder: Some("data/pets".into()),
            side: 96,
            skip_bad: true,
            per_class: Some(7),
            imbalance: Some(0.5),
            duplicate: Some(3),
            label_noise: Some(0.25),
        };
        let text = toml::to_string(&source).unwrap();
        assert_eq!(toml::from_str::<Source>(&text).unwrap(), source);
        let conditions = toml::from_str::<Source>("imbalance = 1\nlabel_noise = 0.25").unwrap();
        let conditions = conditions.conditions();
        assert_eq!(conditions.to_string(), "imbalance 1, label noise 0.25");
        assert!(Source::default().conditions().is_clean());
        let default = toml::to_string(&Source::default()).unwrap();
        assert_eq!(
            toml::from_str::<Source>(&default).unwrap(),
            Source::default()
        );
        let message = toml::from_str::<Source>("sides = 3").unwrap_err();
        assert!(message.to_string().contains("sides"), "{message}");
    }
}
