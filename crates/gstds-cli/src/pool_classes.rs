//! The class of each row of a pool, for `select` and `inspect`.

use std::path::Path;

use gstds_curate::Classes;
use gstds_data::matrix::is_safetensors;

use crate::exit::Failure;
use crate::pool_input::PoolInput;

/// The class of each row: of a file, beside the features, or the folder of its image.
pub(crate) fn classes(
    input: &PoolInput,
    labels: Option<&Path>,
    features: Option<&Path>,
) -> Result<Classes, Failure> {
    let rows = input.layout().rows;
    if let Some(labels) = labels {
        return Ok(Classes::read(labels, rows)?);
    }
    if let Some(file) = features.filter(|file| is_safetensors(file))
        && let Some(classes) = Classes::beside(file, rows)?
    {
        return Ok(classes);
    }
    let paths = input.paths().ok_or_else(|| {
        Failure::Usage("--by-class and --label-suspects need the class of each row: give --labels FILE, or the images of the rows with --list".into())
    })?;
    Ok(Classes::of_folders(paths))
}
