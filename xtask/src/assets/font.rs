//! The font of pictures: the characters of DejaVu Sans that they need.

use super::{check, wheel};
use crate::command::{program, run as finish};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

pub(super) const FILE: &str = "crates/gstds-plot/assets/dejavu-sans-subset.ttf";
/// Where Debian's `fonts-dejavu-core` puts the whole font.
pub(super) const SOURCE: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const SOURCE_SHA256: &str = "abdc775b21b1bc470d50c97e790d276f2054b7504e56e5bd3e64f48d68582322";

const WHEEL: &str = "fonttools-4.68.0-py3-none-any.whl";
const WHEEL_SHA256: &str = "d76f8fdcb6936f5e1045a0c9dd721a4bf11112e60d1e243bfa1d39f06a8b3104";
/// The wheel without compiled parts, which Python runs as it is.
const PURE: [&str; 6] = [
    "--platform",
    "any",
    "--implementation",
    "py",
    "--abi",
    "none",
];

/// ASCII, no-break space, and ± ² · × λ τ – … −.
const CHARACTERS: &str =
    "--unicodes=U+0020-007E,U+00A0,U+00B1,U+00B2,U+00B7,U+00D7,U+03BB,U+03C4,U+2013,U+2026,U+2212";
/// Without what only text programs read; the names that contain the licence stay.
const REDUCTION: [&str; 6] = [
    "--no-hinting",
    "--layout-features=",
    "--legacy-kern",
    "--drop-tables+=FFTM,GDEF,GPOS,GSUB,MATH,gasp",
    "--no-recalc-timestamp",
    "--name-IDs=0,1,2,13",
];

/// The subset of the font in `source`, made by fontTools.
pub(super) fn subset(source: &Path) -> Result<Vec<u8>> {
    let font = fs::read(source).with_context(|| {
        format!(
            "no {}: `apt-get install fonts-dejavu-core`, or --dejavu FILE",
            source.display()
        )
    })?;
    check("DejaVuSans.ttf", &font, SOURCE_SHA256)?;
    let tool = wheel("fonttools==4.68.0", &PURE, WHEEL, WHEEL_SHA256)?;
    let made = tool.with_file_name("subset.ttf");
    let mut command = program("python3");
    command
        .env("PYTHONPATH", &tool)
        .args(["-m", "fontTools.subset"])
        .arg(source)
        .arg(format!("--output-file={}", made.display()))
        .arg(CHARACTERS)
        .args(REDUCTION);
    finish(&mut command)?;
    Ok(fs::read(made)?)
}
