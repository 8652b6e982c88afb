use super::fused;
use crate::{Options, Path, Result, Shape};

/// The path that the options ask for, or the cheapest one for this shape: fused wherever it takes
/// the shape and the options, else dense.
pub(crate) fn choose(shape: Shape, options: &Options, _limits: &wgpu::Limits) -> Result<Path> {
    let fits = fused::takes(shape.rows, options);
    match options.path {
        Path::Auto if fits.is_ok() => Ok(Path::Fused),
        Path::Auto => Ok(Path::Dense),
        Path::Fused => fits.map(|()| Path::Fused),
        asked => Ok(asked),
    }
}
