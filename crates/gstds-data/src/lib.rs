#![doc = include_str!("../README.md")]

pub mod atomic_file;
mod bad_image;
mod corruption;
mod counted;
mod crop_options;
mod crops;
mod dataset;
mod dataset_config;
mod embedded;
mod error;
mod exclude;
#[cfg(feature = "clap")]
pub mod flags;
mod formats;
pub mod hash;
pub mod matrix;
mod megabytes;
mod open;
pub mod output_file;
mod picture;
mod pixels;
mod progress;
mod split;
mod text_values;

pub use bad_image::BadImage;
pub use corruption::{CorruptedDataset, Corruption, LabelNoise, NoiseKind};
pub use counted::counted;
pub use crop_options::CropOptions;
pub use crops::{DECODE_LIMIT, LARGEST_SIDE, SMALLEST_SIDE, is_decoding};
pub use dataset::Dataset;
pub use dataset_config::{DatasetConfig, NAMES};
pub use embedded::{EMBEDDED_NAME, embedded};
pub use error::{Error, Result};
pub use exclude::Exclude;
pub use megabytes::megabytes;
pub use open::{
    ListedImages, OpenedDataset, OpenedImages, list_images, open, open_images, open_listed_images,
};
pub use picture::Picture;
pub use progress::{Progress, Silent};
pub use split::{ImageShape, Split};

#[cfg(test)]
mod tests;
