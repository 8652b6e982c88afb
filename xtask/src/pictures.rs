//! The pictures of README and documentation, made by comparisons on the embedded images.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{command, demo, vulkan};

/// Bytes of a picture at most.
const LIMIT: u64 = 200_000;

/// Where a comparison lies below the target folder, how it differs from that of the demo, its
/// plot, and the picture that this becomes.
const PICTURES: [(&str, &[&str], &str, &str); 1] = [(
    "wrong-labels",
    &[
        "--epochs",
        "4",
        "--label-noise",
        "0.2:pairs",
        "--seeds",
        "10",
        "--seed",
        "400",
    ],
    "plots/accuracy-own-operations.png",
    "docs/pictures/wrong-labels.png",
)];

/// Makes all pictures. Comparisons that were stopped are resumed.
pub(crate) fn run() -> Result<()> {
    vulkan::ensure()?;
    let gstds = demo::build()?;
    for (name, flags, plot, picture) in PICTURES {
        let folder = command::target()?.join("pictures").join(name);
        let mut compare = command::program(&gstds);
        compare.args(demo::COMPARE).args(flags);
        compare.arg("--out").arg(&folder);
        if folder.join("compare.toml").exists() {
            compare.arg("--resume");
        } else if let Some(above) = folder.parent() {
            fs::create_dir_all(above)?;
        }
        command::run(&mut compare)?;
        let (plot, picture) = (folder.join(plot), command::root().join(picture));
        let bytes = fs::metadata(&plot)
            .with_context(|| format!("{} is missing", plot.display()))?
            .len();
        ensure!(
            bytes <= LIMIT,
            "{} has {bytes} bytes, more than {LIMIT}",
            plot.display()
        );
        if let Some(above) = picture.parent() {
            fs::create_dir_all(above)?;
        }
        fs::copy(&plot, &picture)?;
        // The next time is to make it again.
        fs::remove_dir_all(&folder)?;
        println!("{}: {bytes} bytes", picture.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_there_small_and_shown() {
        for (_, _, _, picture) in PICTURES {
            let bytes = fs::metadata(command::root().join(picture)).unwrap().len();
            assert!((1..=LIMIT).contains(&bytes), "{picture}: {bytes}");
            let readme = fs::read_to_string(command::root().join("README.md")).unwrap();
            assert!(readme.contains(picture), "{picture}");
        }
    }
}
