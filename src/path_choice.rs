//! Which path a shape takes: the one whose work takes least time at the rates of the device.

mod cost;
mod limits;

pub(crate) use cost::Processor;
#[cfg(test)]
pub(crate) use cost::steps;
pub use limits::MAX_LOW_RANK_ROWS;
pub(crate) use limits::{check_fused, is_wide};

use crate::{Options, Path, Result, Shape};
use cost::seconds;
use limits::{fused_takes, low_rank_takes};

/// The path that the options ask for, or the cheapest one for this shape.
pub(crate) fn choose(shape: Shape, options: &Options, processor: Processor) -> Result<Path> {
    match options.path {
        Path::Fused => fused_takes(shape.rows, options).map(|()| Path::Fused),
        // No graph is held at all; the low-rank path's look at the features is all that is needed.
        _ if !options.is_spectral() => Ok(Path::LowRank),
        Path::LowRank => low_rank_takes(shape.rows, options).map(|()| Path::LowRank),
        Path::Dense => Ok(Path::Dense),
        Path::Auto => Ok(cheapest(shape, options, processor)),
    }
}

fn cheapest(shape: Shape, options: &Options, processor: Processor) -> Path {
    // Beyond what every device has a workgroup for, the fused path is taken where it is asked for.
    let fused = fused_takes(shape.rows, options).is_ok() && !is_wide(shape.rows);
    let low_rank = low_rank_takes(shape.rows, options).is_ok();
    let others = [(fused, Path::Fused), (low_rank, Path::LowRank)];
    let mut best = (seconds(Path::Dense, shape, options, processor), Path::Dense);
    for (_, path) in others.into_iter().filter(|(takes, _)| *takes) {
        let seconds = seconds(path, shape, options, processor);
        if seconds < best.0 {
            best = (seconds, path);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affinity, Error, Laplacian, Storage};

    fn path(rows: usize, features: usize, options: &Options) -> Path {
        choose(Shape { rows, features }, options, Processor::Gpu).unwrap()
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
    fn a_gpu_holds_the_matrix_until_rows_fill_it_without_one() {
        let at = |rows, processor| {
            let shape = Shape {
                rows,
                features: 512,
            };
            choose(shape, &Options::default(), processor).unwrap()
        };
        // Eight workgroups read the features of a thousand rows, 256 those of the matrix.
        assert_eq!(at(512, Processor::Gpu), Path::Dense);
        assert_eq!(at(1024, Processor::Gpu), Path::Dense);
        assert_eq!(at(4096, Processor::Gpu), Path::LowRank);
        assert_eq!(at(256, Processor::Software), Path::Fused);
        assert_eq!(at(512, Processor::Software), Path::Dense);
        assert_eq!(at(1024, Processor::Software), Path::LowRank);
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
        let error = choose(shape, &options, Processor::Gpu)
            .unwrap_err()
            .to_string();
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
        let with = |rows, options: &Options| {
            let shape = Shape { rows, features: 8 };
            choose(shape, options, Processor::Gpu)
        };
        assert!(with(1 << 20, &options).is_ok());
        assert!(with((1 << 20) + 1, &options).is_err());
        options.laplacian = Laplacian::Un;
        assert!(with(1 << 17, &options).is_ok());
        // The advice works: fewer steps, or the other Laplacian.
        let error = with((1 << 17) + 1, &options).unwrap_err().to_string();
        assert_eq!(
            error,
            "path low-rank takes at most 8,388,608 rows times solver steps with laplacian un, \
             not 131073 times 64: use fewer steps or laplacian sym"
        );
        assert!(with((1 << 17) + 1, &options.clone().steps(63)).is_ok());
        assert!(with((1 << 17) + 1, &options.clone().laplacian(Laplacian::Sym)).is_ok());
        let half = options.clone().storage(Storage::Half);
        assert_eq!(
            with(100, &half).unwrap_err().to_string(),
            "path low-rank takes storage full, not half: \
             it stores no matrix, so use storage full or path auto"
        );
        assert!(with(100, &half.path(Path::Auto)).is_ok());
        options.path = Path::Fused;
        assert!(with(512, &options).is_ok());
        assert!(with(513, &options).is_err());
    }
}
