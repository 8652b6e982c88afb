//! In place of `image_pool` where the program is built without training: reference models need
//! Burn.

use std::path::{Path, PathBuf};

use gstds::adapter::Gpu;
use gstds_curate::Pool;
use gstds_data::Progress;
use gstds_data::matrix::MatrixLayout;

use crate::exit::Failure;
use crate::loaded_pool::LoadedPool;

#[derive(clap::Args)]
pub(crate) struct ImagePoolArgs {}

impl ImagePoolArgs {
    /// Refuses, naming the build that has reference models.
    pub(crate) fn find(&self, _: PathBuf, _: Option<Vec<PathBuf>>) -> Result<ImagePool, Failure> {
        Err(Failure::Usage(
            "images need a reference model, which this build of gstds does not have; give --features, or build one that has it with `cargo install --path crates/gstds-cli` and its default features".into(),
        ))
    }

    /// Most bytes of an image that is decoded.
    pub(crate) fn decode_limit(&self) -> u64 {
        gstds_data::DECODE_LIMIT
    }

    pub(crate) fn weights(&self) -> Option<PathBuf> {
        None
    }
}

/// Images that this build cannot read.
pub(crate) enum ImagePool {}

impl ImagePool {
    pub(crate) fn layout(&self) -> &MatrixLayout {
        match *self {}
    }

    pub(crate) fn paths(&self) -> &[PathBuf] {
        match *self {}
    }

    pub(crate) fn root(&self) -> &Path {
        match *self {}
    }

    pub(crate) fn searched(&self) -> Option<&Path> {
        match *self {}
    }

    pub(crate) fn unread(self) -> Result<Pool, Failure> {
        match self {}
    }

    pub(crate) fn load(self, _: &Gpu, _: &mut dyn Progress) -> Result<LoadedPool, Failure> {
        match self {}
    }
}
