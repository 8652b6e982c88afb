//! The path that a shape takes under the options.

use super::{Options, Path};
use crate::{Dtype, Result, Shape, path_choice::Processor, workspace::WorkspaceSizes};

impl Options {
    /// The path that batches of this shape take on a GPU, which no device is needed for. On a
    /// software adapter [`Path::Auto`] may take another: [`Selector::path`](crate::Selector::path)
    /// says which.
    ///
    /// # Errors
    /// Options that no selector takes, zero or too many rows, and
    /// [`Error::PathTakes`](crate::Error::PathTakes) for a shape or an option that [`Options::path`] does not take.
    pub fn path_for(&self, shape: Shape) -> Result<Path> {
        self.check()?;
        Ok(WorkspaceSizes::new(shape, self)?.path)
    }

    /// The path that batches of this shape take on a GPU of these limits, where a workspace for
    /// them can be allocated and features of this type, with no gap between rows, be bound. What
    /// passes here fails later only where memory runs out or the device is lost.
    ///
    /// # Errors
    /// As [`Options::path_for`], and [`Error::DeviceLimit`](crate::Error::DeviceLimit) with the first buffer that is too large.
    pub fn path_within(&self, shape: Shape, dtype: Dtype, limits: &wgpu::Limits) -> Result<Path> {
        self.check()?;
        let sizes = WorkspaceSizes::within(Processor::Gpu, shape, self, limits)?;
        sizes.check(limits)?;
        sizes.check_features(dtype, limits)?;
        Ok(sizes.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affinity, Error, Laplacian, Storage};

    #[test]
    fn what_passes_fits_every_buffer_and_the_features() {
        let limits = wgpu::Limits::default();
        let path = |rows, features, options: &Options, dtype| {
            options.path_within(Shape { rows, features }, dtype, &limits)
        };
        let clamp = Options::gstds().affinity(Affinity::Clamp);
        assert_eq!(path(5000, 64, &clamp, Dtype::F32).unwrap(), Path::Dense);
        let refused = |result: Result<Path>| match result.unwrap_err() {
            Error::DeviceLimit { what, .. } => what,
            other => panic!("{other}"),
        };
        assert_eq!(refused(path(9000, 64, &clamp, Dtype::F32)), "similarity");
        // Unit rows in f16 fit and features in f32 do not, which one binding must cover.
        let half = clamp.storage(Storage::Half);
        assert_eq!(refused(path(5000, 8192, &half, Dtype::F32)), "features");
        assert_eq!(path(5000, 8192, &half, Dtype::F16).unwrap(), Path::Dense);
        // The low-rank path binds them in chunks, and rows too wide for that have too large a basis.
        let low_rank = Options::gstds()
            .path(Path::LowRank)
            .laplacian(Laplacian::Sym);
        assert_eq!(
            path(40_000, 4096, &low_rank, Dtype::F32).unwrap(),
            Path::LowRank
        );
        let raw = low_rank.affinity(Affinity::Raw);
        assert_eq!(refused(path(100, 1 << 22, &raw, Dtype::F32)), "dual basis");
    }

    /// Shaders number elements in 32 bits, whatever the device may bind.
    #[test]
    fn features_beyond_4_gib_are_refused_unless_in_chunks() {
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: 1 << 40,
            max_buffer_size: 1 << 40,
            ..wgpu::Limits::default()
        };
        let shape = Shape {
            rows: 5000,
            features: 250_000,
        };
        let half = Options::gstds().path(Path::Dense).storage(Storage::Half);
        let within = |options: &Options, dtype| options.path_within(shape, dtype, &limits);
        assert_eq!(within(&half, Dtype::F16).unwrap(), Path::Dense);
        let refused = within(&half, Dtype::F32).unwrap_err();
        assert!(
            matches!(
                refused,
                Error::DeviceLimit {
                    what: "features",
                    allowed: 4_294_967_295,
                    ..
                }
            ),
            "{refused}"
        );
        let chunked = Options::gstds().path(Path::LowRank);
        assert_eq!(within(&chunked, Dtype::F32).unwrap(), Path::LowRank);
    }
}
