//! What a selection will do, settled and said before it is done.

use std::path::PathBuf;

use gstds::adapter::{Gpu, Wanted};
use gstds::{Error, MAX_ROWS, Options};
use gstds_burn::GpuDevice;
use gstds_models::reference::ReferenceConfig;

use super::device;
use super::input::labels::Classes;
use super::input::{Input, Pool};
use super::output::Folder;
use super::output::Inputs;
use super::parts::{self, Division, Part};
use super::{Args, duplicates, forecast};
use crate::exit::Failure;
use gstds_data::matrix::{self, MatrixLayout};

/// Rows at most, whatever divides them: their numbers have 32 bits.
const MOST_ROWS: usize = u32::MAX as usize;

/// An opened device; Burn's only where a reference model runs.
pub(crate) enum Device {
    Plain(Gpu),
    Burn(GpuDevice),
}

impl Device {
    pub(crate) fn open(wanted: &Wanted, burn: bool) -> Result<Self, Failure> {
        Ok(match burn {
            false => Self::Plain(gstds::adapter::open(wanted)?),
            true => Self::Burn(GpuDevice::open(wanted).map_err(gstds_train::Error::Gpu)?),
        })
    }

    pub(crate) fn gpu(&self) -> &Gpu {
        match self {
            Self::Plain(gpu) => gpu,
            Self::Burn(device) => &device.gpu,
        }
    }

    /// The device that the reference model runs on.
    pub(crate) fn burn(&self) -> Result<&GpuDevice, Failure> {
        match self {
            Self::Burn(device) => Ok(device),
            Self::Plain(_) => Err(Failure::Usage("images need a reference model".into())),
        }
    }
}

/// Parts and options of a selection among so many rows.
pub(super) struct Planned {
    pub(super) options: Options,
    pub(super) layout: MatrixLayout,
    pub(super) division: Division,
    pub(super) classes: Option<Classes>,
    pub(super) parts: Vec<Part>,
    pub(super) from_images: bool,
    pub(super) duplicates: bool,
    /// Bytes that the rows' paths take.
    pub(super) path_bytes: u64,
}

impl Args {
    /// The class of each row, where classes divide the rows.
    pub(super) fn classes(&self, input: &Input) -> Result<Option<Classes>, Failure> {
        if self.by_class.is_none() {
            return Ok(None);
        }
        let rows = input.layout.rows;
        if let Some(labels) = &self.labels {
            return Classes::read(labels, rows).map(Some);
        }
        let beside = self.input.features.as_deref();
        if let Some(file) = beside.filter(|file| matrix::is_safetensors(file))
            && let Some(classes) = Classes::in_tensors(file)?
        {
            let labels = classes.of.len();
            return match labels == rows {
                true => Ok(Some(classes)),
                false => Err(Failure::Input(format!(
                    "{} has {labels} labels for {rows} rows; one a row is needed",
                    file.display()
                ))),
            };
        }
        match &input.paths {
            Some(paths) => Ok(Some(Classes::of_folders(paths))),
            None => Err(Failure::Usage(
                "--by-class needs the class of each row: give --labels FILE, or the images of the rows with --list".into(),
            )),
        }
    }

    /// Refuses outputs that would replace what is read.
    pub(super) fn spare_inputs(
        &self,
        input: &Input,
        folder: Option<&Folder>,
        config: &ReferenceConfig,
    ) -> Result<(), Failure> {
        let files = [
            &self.input.features,
            &self.input.list,
            &self.labels,
            &config.weights,
        ];
        let inputs = Inputs {
            files: files.into_iter().flatten().map(AsRef::as_ref).collect(),
            searched: (input.is_images() && self.input.list.is_none()).then_some(&*input.root),
            root: &input.root,
            images: input.paths.as_deref().unwrap_or_default(),
        };
        inputs.spare_from_file(&self.output)?;
        match folder {
            Some(_) if input.paths.is_none() => Err(Failure::Usage(
                "--copy-to and --link-to need images: give --images, or with --features the image of each row with --list".into(),
            )),
            Some(folder) => inputs.spare_from_folder(folder, &self.output),
            None => Ok(()),
        }
    }
}

impl Planned {
    pub(super) fn new(
        args: &Args,
        layout: &MatrixLayout,
        paths: Option<&[PathBuf]>,
        classes: Option<Classes>,
    ) -> Result<Self, Failure> {
        let rows = layout.rows;
        let keep = args.keep_of(rows)?;
        let options = args.options();
        let division = args.division();
        let limit = match division {
            Division::Whole => MAX_ROWS,
            Division::Batches { .. } | Division::Classes(_) => MOST_ROWS,
        };
        if rows > limit {
            return Err(Error::TooManyRows { rows, limit }.into());
        }
        let parts = parts::divide(division, rows, keep, classes.as_ref());
        options.path_for(device::largest(layout.features, &parts))?;
        let most = parts.iter().map(|part| part.rows.len()).max().unwrap_or(0);
        if args.near_duplicates.is_some() && most > duplicates::MOST_ROWS {
            let limit = duplicates::MOST_ROWS;
            return Err(Failure::Usage(format!(
                "--near-duplicates compares all pairs of {most} rows, and at most {limit} are taken; divide them with --batch or --by-class"
            )));
        }
        Ok(Self {
            options,
            layout: layout.clone(),
            division,
            classes,
            parts,
            from_images: false,
            duplicates: args.near_duplicates.is_some(),
            path_bytes: paths.map_or(0, forecast::path_bytes),
        })
    }

    /// The plan for the images that could be decoded.
    pub(super) fn again(self, args: &Args, pool: &Pool) -> Result<Self, Failure> {
        let classes = match (self.classes, &pool.listed) {
            (Some(classes), Some(listed)) => Some(classes.only(listed)),
            (classes, _) => classes,
        };
        Ok(Self {
            from_images: true,
            ..Self::new(args, pool.matrix.layout(), pool.paths.as_deref(), classes)?
        })
    }
}
