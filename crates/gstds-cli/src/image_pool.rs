//! Images that a reference model turns into the rows of a pool.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use gstds::adapter::Gpu;
use gstds_burn::GpuDevice;
use gstds_curate::Pool;
use gstds_data::matrix::{FloatKind, Matrix, MatrixLayout, StoredType};
use gstds_data::{
    CropOptions, LARGEST_SIDE, ListedImages, Progress, list_images, open_listed_images,
};
use gstds_models::bank::{BankElement, FeatureBank};
use gstds_models::bank_cache::{bank_of, cache};
use gstds_models::reference::OpenReference;

use crate::exit::Failure;
use crate::images::ImageArgs;
use crate::loaded_pool::LoadedPool;
use crate::reference::ReferenceArgs;

/// How images are decoded, and the reference model for their features.
#[derive(clap::Args)]
pub(crate) struct ImagePoolArgs {
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    files: ImageArgs,
}

impl ImagePoolArgs {
    /// The images listed, or all below `root`.
    pub(crate) fn find(
        &self,
        root: PathBuf,
        listed: Option<Vec<PathBuf>>,
    ) -> Result<ImagePool, Failure> {
        let config = self.reference.config();
        let reference = config.open()?;
        let is_searched = listed.is_none();
        let images = match listed {
            Some(paths) => ListedImages {
                paths,
                ..ListedImages::default()
            },
            None => list_images(&root, &self.files.exclude())?,
        };
        let (rows, features) = (images.paths.len(), config.model.features());
        Ok(ImagePool {
            layout: bank_layout(rows, features, config.bank),
            cache: cache(self.files.no_cache()),
            crops: self.files.crops(config.side),
            reference,
            root,
            images,
            is_searched,
        })
    }

    /// Most bytes of an image that is decoded.
    pub(crate) fn decode_limit(&self) -> u64 {
        self.files.crops(LARGEST_SIDE).decode_limit
    }

    /// The file of the reference model's weights, where one is named.
    pub(crate) fn weights(&self) -> Option<PathBuf> {
        self.reference.config().weights
    }
}

/// Images that have been found, but neither decoded nor turned into features.
pub(crate) struct ImagePool {
    reference: OpenReference,
    root: PathBuf,
    images: ListedImages,
    /// Whether the root was searched for them.
    is_searched: bool,
    /// Of the features, if every image can be decoded.
    layout: MatrixLayout,
    /// The folder in which decoded images and features are kept.
    cache: Option<PathBuf>,
    /// How images are decoded.
    crops: CropOptions,
}

impl ImagePool {
    pub(crate) fn layout(&self) -> &MatrixLayout {
        &self.layout
    }

    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.images.paths
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn searched(&self) -> Option<&Path> {
        self.is_searched.then_some(&self.root)
    }

    /// The images as a pool without features, for a selection that reads none.
    pub(crate) fn unread(self) -> Result<Pool, Failure> {
        let matrix = matrix(Vec::new(), self.layout);
        Ok(Pool::new(matrix).with_images(self.root, self.images.paths)?)
    }

    /// Decodes the images and computes their features, or takes both from the cache.
    pub(crate) fn load(
        self,
        gpu: &Gpu,
        progress: &mut dyn Progress,
    ) -> Result<LoadedPool, Failure> {
        let device = GpuDevice::from_gpu(gpu.clone()).map_err(gstds_train::Error::Gpu)?;
        let folder = self.cache.as_deref();
        let all = self.images.paths.clone();
        let mut decoding = |done, total| progress.job("images decoded", done, total);
        let opened =
            open_listed_images(&self.root, self.images, self.crops, folder, &mut decoding)?;
        for warning in &opened.warnings {
            progress.warn(warning);
        }
        let (found, _) = bank_of(&self.reference, &opened.images, &device, folder, progress)?;
        let bank = found.bank;
        let layout = bank_layout(bank.rows(), bank.width(), bank.element());
        let matrix = matrix(BankBytes(bank), layout);
        let retained = places(&all, &opened.paths);
        Ok(LoadedPool {
            pool: Pool::new(matrix)
                .with_images(self.root, opened.paths)?
                .with_decode_limit(self.crops.decode_limit),
            retained: (retained.len() < all.len()).then_some(retained),
            left_out: opened.skipped,
        })
    }
}

fn matrix(bytes: impl AsRef<[u8]> + 'static, layout: MatrixLayout) -> Matrix {
    let name = Path::new("the reference model's features");
    Matrix::new(name, Box::new(Cursor::new(bytes)), layout)
}

/// Places of those that are left among all; both are in the same order.
fn places(all: &[PathBuf], left: &[PathBuf]) -> Vec<usize> {
    let mut left = left.iter().peekable();
    let here = |(_, path): &(usize, &PathBuf)| left.next_if_eq(path).is_some();
    all.iter()
        .enumerate()
        .filter(here)
        .map(|(at, _)| at)
        .collect()
}

fn bank_layout(rows: usize, features: usize, element: BankElement) -> MatrixLayout {
    let kind = match element {
        BankElement::F16 => FloatKind::F16,
        BankElement::F32 => FloatKind::F32,
    };
    MatrixLayout {
        start: 0,
        dtype: StoredType::little(kind),
        fortran_order: false,
        rows,
        features,
    }
}

/// A bank as the bytes that it is.
struct BankBytes(FeatureBank);

impl AsRef<[u8]> for BankBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_what_is_left_are_found() {
        let all = ["a", "b", "c", "d"].map(PathBuf::from);
        let left = ["b", "d"].map(PathBuf::from);
        assert_eq!(places(&all, &left), [1, 3]);
        assert_eq!(places(&all, &all), [0, 1, 2, 3]);
        assert_eq!(places(&all, &[]), [0; 0]);
    }
}
