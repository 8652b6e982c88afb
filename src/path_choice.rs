//! Which path a shape takes: the one whose work takes least time at the rates below.
//!
//! The rates are round figures of the order of a discrete GPU's. Only their ratios decide, and
//! those of a software adapter, where everything is some hundred times slower, are not far off.

mod limits;

pub use limits::MAX_LOW_RANK_ROWS;
pub(crate) use limits::{check_fused, is_wide};

use crate::{Options, Path, Result, Shape, low_rank::has_dual, work::SelectionWork};
use limits::{fused_takes, low_rank_takes};

/// Seconds from one dispatch to the next that depends on it.
const DISPATCH: f64 = 2e-6;
/// Multiply-adds a second of a kernel that fills the device.
const MULTIPLY_ADDS: f64 = 5e12;
/// Bytes a second of a kernel that fills the device.
const BYTES: f64 = 1e12;
/// Bytes a second of a kernel of one workgroup.
const BYTES_OF_ONE: f64 = 1e11;

/// Estimated seconds of a selection on one path.
fn seconds(path: Path, shape: Shape, options: &Options) -> f64 {
    let steps = steps(options);
    let work = SelectionWork::new(path, shape, options, steps);
    let (total, serial) = (work.total(), work.serial());
    let multiply_adds = (total.multiply_adds - serial.multiply_adds) as f64;
    let bytes = (total.bytes - serial.bytes) as f64;
    dispatches(path, options) * DISPATCH
        + (multiply_adds / MULTIPLY_ADDS).max(bytes / BYTES)
        + serial.bytes as f64 / BYTES_OF_ONE
}

/// Solver steps until the residual is small enough: about half of those that are recorded.
pub(crate) fn steps(options: &Options) -> u32 {
    options.solver_steps().div_ceil(2)
}

/// Dispatches of a selection. Those after the solver's last step find nothing to do, which takes
/// about half the time.
fn dispatches(path: Path, options: &Options) -> f64 {
    let (fixed, a_step) = match path {
        Path::Fused => return 3.0,
        Path::Auto | Path::Dense => (9.0, 2.0),
        Path::LowRank if has_dual(options) => (18.0, 2.0),
        Path::LowRank => (18.0, 4.0),
    };
    fixed + 1.5 * a_step * f64::from(steps(options))
}

/// The path that the options ask for, or the cheapest one for this shape.
pub(crate) fn choose(shape: Shape, options: &Options) -> Result<Path> {
    match options.path {
        Path::Fused => fused_takes(shape.rows, options).map(|()| Path::Fused),
        // No graph is held at all; the low-rank path's look at the features is all that is needed.
        _ if !options.is_spectral() => Ok(Path::LowRank),
        Path::LowRank => low_rank_takes(shape.rows, options).map(|()| Path::LowRank),
        Path::Dense => Ok(Path::Dense),
        Path::Auto => Ok(cheapest(shape, options)),
    }
}

fn cheapest(shape: Shape, options: &Options) -> Path {
    // Beyond what every device has a workgroup for, the fused path is taken where it is asked for.
    let fused = fused_takes(shape.rows, options).is_ok() && !is_wide(shape.rows);
    let low_rank = low_rank_takes(shape.rows, options).is_ok();
    let others = [(fused, Path::Fused), (low_rank, Path::LowRank)];
    let mut best = (seconds(Path::Dense, shape, options), Path::Dense);
    for (_, path) in others.into_iter().filter(|(takes, _)| *takes) {
        let seconds = seconds(path, shape, options);
        if seconds < best.0 {
            best = (seconds, path);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affinity, Error, Laplacian};

    fn path(rows: usize, features: usize, options: &Options) -> Path {
        choose(Shape { rows, features }, options).unwrap()
    }

    #[test]
    fn small_batches_hold_the_matrix_and_large_pools_do_not() {
        let sym = Options::default();
        let un = Options::default().laplacian(Laplacian::Un);
        for options in [&sym, &un] {
            assert_eq!(path(64, 512, options), Path::Fused);
            assert_eq!(path(256, 512, options), Path::Fused);
            assert_eq!(path(16_384, 512, options), Path::LowRank);
        }
        assert_eq!(path(1_000_000, 512, &sym), Path::LowRank);
    }

    #[test]
    fn what_is_no_product_of_rows_has_no_low_rank_path() {
        let mut options = Options::default().affinity(Affinity::Clamp);
        assert_eq!(path(20_000, 64, &options), Path::Dense);
        options.path = Path::LowRank;
        let shape = Shape {
            rows: 100,
            features: 8,
        };
        let error = choose(shape, &options).unwrap_err().to_string();
        assert!(error.contains("auto, raw or shift, not clamp"), "{error}");
    }

    #[test]
    fn options_say_which_path_a_shape_takes() {
        let with = |rows, options: &Options| options.path_for(Shape { rows, features: 8 });
        let options = Options::default();
        assert_eq!(with(64, &options).unwrap(), Path::Fused);
        assert_eq!(with(200_000, &options).unwrap(), Path::LowRank);
        let none = with(0, &options).unwrap_err();
        assert!(matches!(none, Error::EmptyShape { .. }), "{none}");
        let idle = options.steps(0);
        let idle = with(64, &idle).unwrap_err();
        assert!(matches!(idle, Error::Steps { .. }), "{idle}");
    }

    #[test]
    fn too_many_rows_for_a_path_are_refused_by_it() {
        let mut options = Options::default().path(Path::LowRank);
        let with = |rows, options: &Options| choose(Shape { rows, features: 8 }, options);
        assert!(with(1 << 20, &options).is_ok());
        assert!(with((1 << 20) + 1, &options).is_err());
        options.laplacian = Laplacian::Un;
        assert!(with(1 << 17, &options).is_ok());
        assert!(with((1 << 17) + 1, &options).is_err());
        options.path = Path::Fused;
        assert!(with(512, &options).is_ok());
        assert!(with(513, &options).is_err());
    }
}
