//! The flags for reading image files.

use gstds_data::{CropOptions, DECODE_LIMIT, DatasetConfig, Exclude, flags};

#[derive(clap::Args)]
#[command(next_help_heading = "Image files")]
pub(crate) struct ImageArgs {
    /// Side of decoded images [default: the network's]
    ///
    /// Side in pixels to which image files are resized, once; by default that of the largest
    /// network input.
    #[arg(long, value_name = "N", value_parser = flags::side())]
    decode_side: Option<usize>,
    /// Largest decoded image in MiB [default: 256]
    ///
    /// A megapixel of RGB takes 3. Larger ones count as images that cannot be decoded. Each core
    /// holds up to six times this while it decodes one.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    decode_limit: Option<u32>,
    /// Skip images that cannot be decoded.
    ///
    /// They are listed, as are those that cannot be read. Without this flag they are an error.
    #[arg(long)]
    skip_bad: bool,
    /// Pass over files and folders of this name.
    ///
    /// Or of this path below the folder; may be repeated. `*` stands for any text without `/`, `**`
    /// for any text, `?` for one letter: --exclude '*_small.jpg' --exclude 'raw/**'. Hidden files,
    /// the previews of NAS systems (@eaDir), bins and the like are passed over without being named.
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Pass over nothing but what --exclude names.
    #[arg(long)]
    no_default_excludes: bool,
    /// Neither read nor write the cache.
    ///
    /// It has resized images and features. The cache is in $GSTDS_CACHE, or in gstds in the cache
    /// folder of the system.
    #[arg(long)]
    no_cache: bool,
}

impl ImageArgs {
    /// The requested side.
    pub(crate) fn side(&self) -> Option<usize> {
        self.decode_side
    }

    /// How image files become crops, of `side` pixels unless another side is requested.
    pub(crate) fn crops(&self, side: usize) -> CropOptions {
        CropOptions {
            side: self.side().unwrap_or(side),
            skip_bad: self.skip_bad,
            decode_limit: self.decode_limit().unwrap_or(DECODE_LIMIT),
        }
    }

    /// What a search passes over.
    pub(crate) fn exclude(&self) -> Exclude {
        let exclude = Exclude::new(self.exclude.clone());
        match self.no_default_excludes {
            true => exclude.all(),
            false => exclude,
        }
    }

    /// Applies the given flags over the values, the side aside.
    pub(crate) fn apply(&self, config: &mut DatasetConfig) {
        config.skip_bad |= self.skip_bad;
        config.default_excludes &= !self.no_default_excludes;
        if let Some(limit) = self.decode_limit() {
            config.decode_limit = limit;
        }
        if !self.exclude.is_empty() {
            config.exclude.clone_from(&self.exclude);
        }
    }

    /// Whether nothing is cached.
    pub(crate) fn no_cache(&self) -> bool {
        self.no_cache
    }

    /// The requested limit in bytes.
    fn decode_limit(&self) -> Option<u64> {
        self.decode_limit.map(|mib| u64::from(mib) << 20)
    }
}
