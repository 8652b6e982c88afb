//! Helpers that submit and wait, for tools and tests. Nothing on a training path calls them.

use crate::{
    Error, Features, Keep, Options, Path, Result, Selector, Shape, Spectrum, Status,
    profile::{Profile, stages_blocking},
    transfer::{check_size, upload},
};

/// The result of [`select_blocking`].
#[derive(Clone, Debug)]
pub struct Selection {
    /// Kept rows in the order the options ask for.
    pub kept: Vec<u32>,
    /// Score of every row; all zero where nothing was solved (see `status`).
    pub scores: Vec<f32>,
    /// Scores along each vector, where [`Options::vectors`] asks for more than one; none where
    /// nothing was solved.
    pub vectors: Vec<Vec<f32>>,
    /// Eigenvalues, under the same conditions.
    pub spectrum: Option<Spectrum>,
    /// The status of the call.
    pub status: Status,
    /// The path that was taken.
    pub path: Path,
    /// Time of each stage, without upload and compilation.
    pub profile: Profile,
}

/// Uploads features (row-major, f32), selects, and waits for the answer. Compiles the kernels in
/// each call; [`Selector::select_blocking`] keeps them. Not available on wasm.
///
/// # Errors
/// Whatever [`Selector::new`] and [`Selector::select_blocking`] return.
pub fn select_blocking(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    options: &Options,
    data: &[f32],
    shape: Shape,
    keep: Keep,
) -> Result<Selection> {
    let selector = Selector::new(device, options)?;
    selector.select_blocking(queue, data, shape, keep)
}

impl Selector {
    /// Uploads features (row-major, f32), selects, and waits for the answer. The kernels stay with
    /// the selector; workspace and features are allocated in each call and freed after it. Not
    /// available on wasm.
    ///
    /// # Errors
    /// [`Error::DataLength`], and whatever [`Selector::prepare`],
    /// [`Batch::encode`](crate::Batch::encode) and [`Batch::read_status`](crate::Batch::read_status)
    /// return.
    pub fn select_blocking(
        &self,
        queue: &wgpu::Queue,
        data: &[f32],
        shape: Shape,
        keep: Keep,
    ) -> Result<Selection> {
        let Shape { rows, features } = shape;
        if rows.checked_mul(features) != Some(data.len()) {
            let found = data.len();
            return Err(Error::DataLength {
                found,
                rows,
                features,
            });
        }
        let device = self.device();
        check_size("features", size_of_val(data) as u64, &device.limits())?;
        let mut batch = self.prepare(shape)?;
        let buffer = upload(device, queue, "features", data)?;
        let profile = stages_blocking(&mut batch, queue, Features::new(&buffer), keep)?;
        let status = batch.read_status(queue)?;
        let mut selection = Selection {
            kept: batch.read_kept(queue, keep.of(rows)?)?,
            scores: vec![0.0; rows],
            vectors: Vec::new(),
            spectrum: None,
            status,
            path: batch.path(),
            profile,
        };
        if status.steps > 0 {
            selection.scores = batch.read_scores(queue, rows)?;
            selection.vectors = batch.read_vectors(queue, rows)?;
            selection.spectrum = batch.read_spectrum(queue)?;
        }
        Ok(selection)
    }
}
