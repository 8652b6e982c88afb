//! Which path a shape takes.

use crate::{Options, Path, Result, Shape};

/// The path that the options ask for, or the cheapest one for this shape.
pub(crate) fn choose(_shape: Shape, options: &Options, _limits: &wgpu::Limits) -> Result<Path> {
    match options.path {
        Path::Auto => Ok(Path::Dense),
        asked => Ok(asked),
    }
}
