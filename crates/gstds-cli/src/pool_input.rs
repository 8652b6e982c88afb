//! The input of `select` and `inspect`: a feature matrix in a file, or images.

use std::path::{Path, PathBuf};

use gstds::adapter::Gpu;
use gstds_curate::{InputFiles, Pool, read_kept_path_list, read_path_list};
use gstds_data::matrix::{MatrixLayout, is_safetensors};
use gstds_data::{Progress, counted};

use crate::exit::Failure;
use crate::image_paths::ImagePaths;
use crate::image_pool::{ImagePool, ImagePoolArgs};
use crate::loaded_pool::LoadedPool;

#[derive(clap::Args)]
#[command(next_help_heading = "Input")]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["features", "images", "list"]))]
pub(crate) struct InputArgs {
    /// Feature matrix, .npy or .safetensors.
    ///
    /// Rows are samples, columns features. .npy holds float16, float32 or float64; .safetensors may
    /// hold bfloat16 too.
    #[arg(long, value_name = "FILE")]
    pub(crate) features: Option<PathBuf>,
    /// Its tensor [default: features, or the only matrix].
    ///
    /// For .safetensors files.
    #[arg(long, value_name = "NAME", requires = "features")]
    tensor: Option<String>,
    /// Images: a folder and its subfolders, or files.
    ///
    /// Those of a folder are read in the order of their paths. With --list, the folder that listed
    /// paths are relative to.
    #[arg(long, value_name = "DIR|FILE", num_args = 1..)]
    pub(crate) images: Vec<PathBuf>,
    /// File with the paths of the images.
    ///
    /// One path per line, or a .csv that select wrote. Paths are absolute, or relative to --images
    /// or else to the current folder. With --features, they are the images that the rows were made
    /// from, and are not decoded for the selection: of a .csv all rows, which without --features
    /// are those that it keeps.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
}

/// An input of which the header or the list has been read.
pub(crate) enum PoolInput {
    /// Features in a file.
    Matrix(Pool),
    /// Images whose features are yet to be computed.
    Images(Box<ImagePool>),
}

impl InputArgs {
    /// Reads the header of a file, or finds the images.
    pub(crate) fn open(&self, models: &ImagePoolArgs) -> Result<PoolInput, Failure> {
        let (root, listed) = self.listed()?;
        let Some(file) = &self.features else {
            let images = models.find(root, listed)?;
            self.check_listed(images.paths())?;
            return Ok(PoolInput::Images(Box::new(images)));
        };
        if !self.images.is_empty() && listed.is_none() {
            return Err(Failure::Usage(
                "--features and --images together need --list, the image of each row; or give one of them".into(),
            ));
        }
        if self.tensor.is_some() && !is_safetensors(file) {
            return Err(Failure::Usage(format!(
                "--tensor names a tensor of a .safetensors file, and {} is not one; leave it out",
                file.display()
            )));
        }
        let pool = Pool::open(file, self.tensor.as_deref())?;
        let Some(paths) = listed else {
            return Ok(PoolInput::Matrix(pool));
        };
        let rows = pool.layout().rows;
        if paths.len() != rows {
            let list = self.list.as_deref();
            return Err(Failure::Input(format!(
                "{} lists {} and {} has {}; one per row is needed",
                list.map_or("--images".into(), |list| list.display().to_string()),
                counted(paths.len(), "image", "images"),
                file.display(),
                counted(rows, "row", "rows")
            )));
        }
        let pool = pool.with_images(root, paths)?;
        Ok(PoolInput::Matrix(
            pool.with_decode_limit(models.decode_limit()),
        ))
    }

    /// What paths are relative to, and the images that are listed in a file or by --images itself.
    fn listed(&self) -> Result<(PathBuf, Option<Vec<PathBuf>>), Failure> {
        let named = ImagePaths::of(&self.images)?;
        let root = named.as_ref().map_or(Path::new("."), ImagePaths::root);
        let files = named.as_ref().and_then(ImagePaths::files);
        let listed = match (self.list.as_deref(), files) {
            (Some(_), Some(_)) => {
                return Err(Failure::Usage(
                    "--list names the images already; --images is then the folder that its paths are relative to".into(),
                ));
            }
            (Some(list), None) if self.features.is_some() => Some(read_path_list(list, root)?),
            (Some(list), None) => Some(read_kept_path_list(list, root)?),
            (None, files) => files.map(<[PathBuf]>::to_vec),
        };
        Ok((root.to_path_buf(), listed))
    }

    /// Refuses a list of which no image is there: its paths are relative to another folder.
    pub(crate) fn check_listed(&self, paths: &[PathBuf]) -> Result<(), Failure> {
        let root = self.images.first().map_or(Path::new("."), PathBuf::as_path);
        let (Some(list), Some(first)) = (&self.list, paths.first()) else {
            return Ok(());
        };
        if paths.iter().any(|path| root.join(path).exists()) {
            return Ok(());
        }
        Err(Failure::Input(format!(
            "none of the images in {} exists, the first {}; paths are relative to the current folder, or to another with --images DIR",
            list.display(),
            root.join(first).display()
        )))
    }
}

impl PoolInput {
    /// Shape and element type; of images, before any are left out.
    pub(crate) fn layout(&self) -> &MatrixLayout {
        match self {
            Self::Matrix(pool) => pool.layout(),
            Self::Images(images) => images.layout(),
        }
    }

    /// The image of each row, where rows are images.
    pub(crate) fn paths(&self) -> Option<&[PathBuf]> {
        match self {
            Self::Matrix(pool) => pool.paths(),
            Self::Images(images) => Some(images.paths()),
        }
    }

    /// What paths are relative to.
    pub(crate) fn root(&self) -> &Path {
        match self {
            Self::Matrix(pool) => pool.root(),
            Self::Images(images) => images.root(),
        }
    }

    /// All that is read: these files, and the images.
    pub(crate) fn files<'a>(
        &'a self,
        read: impl IntoIterator<Item = Option<&'a Path>>,
    ) -> InputFiles<'a> {
        InputFiles {
            files: read.into_iter().flatten().collect(),
            searched: self.searched(),
            root: self.root().to_path_buf(),
            images: self.paths().unwrap_or_default(),
        }
    }

    /// The folder that was searched for images, if one was.
    pub(crate) fn searched(&self) -> Option<&Path> {
        match self {
            Self::Matrix(_) => None,
            Self::Images(images) => images.searched(),
        }
    }

    /// The pool for a selection that reads no feature: no image is decoded, no model evaluated.
    pub(crate) fn unread(self) -> Result<LoadedPool, Failure> {
        Ok(LoadedPool {
            pool: match self {
                Self::Matrix(pool) => pool,
                Self::Images(images) => images.unread()?,
            },
            left_out: Vec::new(),
            retained: None,
        })
    }

    /// The rows: those in the file, or features that a reference model computes on `gpu`.
    pub(crate) fn load(
        self,
        gpu: &Gpu,
        progress: &mut dyn Progress,
    ) -> Result<LoadedPool, Failure> {
        match self {
            Self::Matrix(pool) => Ok(LoadedPool {
                pool,
                left_out: Vec::new(),
                retained: None,
            }),
            Self::Images(images) => images.load(gpu, progress),
        }
    }
}
