//! What is selected among: a matrix in a file, or images through a reference model.

pub(super) mod labels;
pub(super) mod paths;

use std::io::Cursor;
use std::path::{Path, PathBuf};

use gstds_burn::GpuDevice;
use gstds_data::Progress as _;
use gstds_data::{BadImage, ListedImages, list_images, open_listed_images};
use gstds_models::bank::{BankElement, FeatureBank};
use gstds_models::bank_cache::{bank_of, cache};
use gstds_models::reference::ReferenceConfig;
use gstds_train::run::Terminal;

use crate::exit::Failure;
use crate::images::ImageArgs;
use gstds_data::matrix::{FloatKind, Matrix, MatrixLayout, StoredType, is_safetensors};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["features", "images", "list"]))]
pub(crate) struct InputArgs {
    /// A feature matrix, (samples, features): .npy of float16, float32 or float64, or .safetensors,
    /// where bfloat16 is read too.
    #[arg(long, value_name = "F.npy|F.safetensors")]
    pub(crate) features: Option<PathBuf>,
    /// Which tensor of a .safetensors [default: features, or the only matrix].
    #[arg(long, value_name = "NAME", requires = "features")]
    tensor: Option<String>,
    /// A folder of images, searched with its subfolders; rows are in the order of their paths.
    /// With --list, what listed paths are relative to.
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Option<PathBuf>,
    /// Images to take, a path a line: relative to --images or to here, or in full. With --features
    /// the images that its rows were made from; they are not opened then.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
}

/// An input of which the header or the list has been read.
pub(crate) struct Input {
    /// Shape and element type; of images that may yet be left out.
    pub(crate) layout: MatrixLayout,
    /// What paths are relative to.
    pub(crate) root: PathBuf,
    /// One a row, where rows are images.
    pub(crate) paths: Option<Vec<PathBuf>>,
    /// The matrix in a file; else warnings of the search for images.
    from: Result<Matrix, Vec<String>>,
}

/// An input whose rows can be read.
pub(crate) struct Pool {
    pub(crate) matrix: Matrix,
    pub(crate) paths: Option<Vec<PathBuf>>,
    /// Which of the rows listed there are, where some were left out.
    pub(crate) listed: Option<Vec<usize>>,
    pub(crate) left_out: Vec<BadImage>,
}

impl InputArgs {
    /// Reads the header of a file, or finds the images.
    pub(crate) fn look(&self, config: &ReferenceConfig) -> Result<Input, Failure> {
        let root = self.images.clone().unwrap_or_else(|| ".".into());
        let listed = self.list.as_deref();
        let listed = listed.map(|list| paths::read(list, &root)).transpose()?;
        let Some(file) = &self.features else {
            return images(root, listed, config);
        };
        if self.images.is_some() && self.list.is_none() {
            return Err(Failure::Usage(
                "--features and --images together need --list, the image of each row; or give one of them".into(),
            ));
        }
        if self.tensor.is_some() && !is_safetensors(file) {
            return Err(Failure::Usage(format!(
                "--tensor names a tensor of a .safetensors file, and {} is none; leave it out",
                file.display()
            )));
        }
        let matrix = Matrix::open(file, self.tensor.as_deref())?;
        let layout = matrix.layout().clone();
        if let (Some(list), Some(paths)) = (&self.list, &listed)
            && paths.len() != layout.rows
        {
            let (lines, rows) = (paths.len(), layout.rows);
            return Err(Failure::Input(format!(
                "{} lists {lines} images and {} has {rows} rows; one a row is needed",
                list.display(),
                file.display()
            )));
        }
        Ok(Input {
            layout,
            root,
            paths: listed,
            from: Ok(matrix),
        })
    }
}

/// The images listed, or all below `root`.
fn images(
    root: PathBuf,
    listed: Option<Vec<PathBuf>>,
    config: &ReferenceConfig,
) -> Result<Input, Failure> {
    config.open()?;
    let found = match listed {
        Some(paths) => ListedImages {
            paths,
            warnings: vec![],
        },
        None => list_images(&root)?,
    };
    let (rows, features) = (found.paths.len(), config.model.features());
    Ok(Input {
        layout: bank_layout(rows, features, config.bank),
        root,
        paths: Some(found.paths),
        from: Err(found.warnings),
    })
}

impl Input {
    /// Whether features are yet to be computed.
    pub(crate) fn is_images(&self) -> bool {
        self.from.is_err()
    }

    /// The matrix, where it is in a file.
    pub(crate) fn matrix(self) -> Result<Pool, Images> {
        match self.from {
            Ok(matrix) => Ok(Pool {
                matrix,
                paths: self.paths,
                listed: None,
                left_out: vec![],
            }),
            Err(warnings) => Err(Images {
                root: self.root,
                listed: ListedImages {
                    paths: self.paths.unwrap_or_default(),
                    warnings,
                },
            }),
        }
    }
}

/// Images that have been found.
pub(crate) struct Images {
    root: PathBuf,
    listed: ListedImages,
}

impl Images {
    /// Decodes the images and computes their features, or takes both from the cache.
    pub(crate) fn open(
        self,
        config: &ReferenceConfig,
        files: &ImageArgs,
        device: &GpuDevice,
        progress: &mut Terminal,
    ) -> Result<Pool, Failure> {
        let folder = cache(files.no_cache());
        let side = files.side().unwrap_or(config.side);
        let all = self.listed.paths.clone();
        let mut decoding = |done, total| progress.job("images decoded", done, total);
        let opened = open_listed_images(
            &self.root,
            self.listed,
            side,
            files.skip_bad(),
            folder.as_deref(),
            &mut decoding,
        )?;
        for warning in &opened.warnings {
            progress.warn(warning);
        }
        let (found, _) = bank_of(
            &config.open()?,
            &opened.images,
            device,
            folder.as_deref(),
            progress,
        )?;
        let bank = found.bank;
        let layout = bank_layout(bank.rows(), bank.width(), bank.element());
        let source = Box::new(Cursor::new(Bytes(bank)));
        Ok(Pool {
            matrix: Matrix::new(Path::new("the reference's features"), source, layout),
            listed: Some(places(&all, &opened.paths)),
            paths: Some(opened.paths),
            left_out: opened.skipped,
        })
    }
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
struct Bytes(FeatureBank);

impl AsRef<[u8]> for Bytes {
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
