//! The flags that say how image files are read.

use gstds_data::BadImage;

use crate::exit::warn;

#[derive(clap::Args)]
#[command(next_help_heading = "Image files")]
pub(crate) struct ImageArgs {
    /// Resize image files to squares of this side in pixels, once [default: the larger of what the
    /// networks see].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(8..=1024))]
    decode_side: Option<u16>,
    /// Leave out images that cannot be decoded, and list them, instead of stopping.
    #[arg(long)]
    skip_bad: bool,
    /// Keep neither resized images nor features in the cache folder ($GSTDS_CACHE, or `gstds` in
    /// the system's), and read none from it.
    #[arg(long)]
    no_cache: bool,
}

impl ImageArgs {
    /// The side asked for.
    pub(crate) fn side(&self) -> Option<usize> {
        self.decode_side.map(usize::from)
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

/// Warns of images that were left out, a line each.
pub(crate) fn tell_left_out(images: &[BadImage]) {
    for image in images {
        warn(&format!("left out: {image}"));
    }
}
