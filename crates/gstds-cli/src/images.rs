//! The flags for reading image files.

use gstds_data::flags;

#[derive(clap::Args)]
#[command(next_help_heading = "Image files")]
pub(crate) struct ImageArgs {
    /// Side in pixels to which image files are resized, once [default: the largest network input]
    #[arg(long, value_name = "N", value_parser = flags::side())]
    decode_side: Option<usize>,
    /// Skip images that cannot be decoded, and list them, instead of failing.
    #[arg(long)]
    skip_bad: bool,
    /// Neither read nor write the cache of resized images and features.
    ///
    /// The cache is in $GSTDS_CACHE, or in gstds in the cache folder of the system.
    #[arg(long)]
    no_cache: bool,
}

impl ImageArgs {
    /// The requested side.
    pub(crate) fn side(&self) -> Option<usize> {
        self.decode_side
    }

    /// Whether bad images are left out.
    pub(crate) fn skip_bad(&self) -> bool {
        self.skip_bad
    }

    /// Whether nothing is cached.
    pub(crate) fn no_cache(&self) -> bool {
        self.no_cache
    }
}
