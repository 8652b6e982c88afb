//! Helpers that submit and wait, for tools and tests. Nothing on a training path calls them.

use crate::{
    Batch, Error, Features, Flags, Keep, Options, Path, Result, Selector, Shape, Spectrum, Status,
    profile::{Profile, stages_blocking},
    transfer::{check_size, read_back, upload},
};
use bytemuck::Pod;

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

/// Uploads features (row-major, f32), selects, and waits for the answer.
///
/// # Errors
/// Whatever [`Selector::new`], [`Selector::prepare`], [`Batch::encode`] and
/// [`Batch::read_status`] return, and [`Error::DataLength`].
pub fn select_blocking(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    options: &Options,
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
    check_size(device, "features", size_of_val(data) as u64)?;
    let mut batch = Selector::new(device, options)?.prepare(shape)?;
    let buffer = upload(device, queue, "features", data)?;
    let profile = stages_blocking(&mut batch, queue, Features::new(&buffer), keep)?;
    let status = batch.read_status(queue)?;
    let solved = status.steps > 0;
    let scores = if solved {
        batch.read_scores(queue, rows)?
    } else {
        vec![0.0; rows]
    };
    let (vectors, spectrum) = if solved {
        (
            batch.read_vectors(queue, rows)?,
            batch.read_spectrum(queue)?,
        )
    } else {
        Default::default()
    };
    Ok(Selection {
        kept: batch.read_kept(queue, keep.of(rows)?)?,
        scores,
        vectors,
        spectrum,
        status,
        path: batch.path(),
        profile,
    })
}

impl Batch {
    /// Waits for the status of the last call submitted.
    ///
    /// # Errors
    /// [`Error::NonPositiveDegree`]; in strict mode [`Error::InvalidRows`]; [`Error::ReadBack`].
    pub fn read_status(&self, queue: &wgpu::Queue) -> Result<Status> {
        let words = self.read::<Status>(queue, "status", self.status(), 1)?;
        words[0].check(self.options().strict)
    }

    /// Waits for the first `count` kept rows of the last call submitted.
    ///
    /// # Errors
    /// [`Error::ReadBack`].
    pub fn read_kept(&self, queue: &wgpu::Queue, count: usize) -> Result<Vec<u32>> {
        self.read(queue, "kept rows", self.kept(), count)
    }

    /// Waits for the first `rows` scores of the last call submitted.
    ///
    /// # Errors
    /// [`Error::ReadBack`].
    pub fn read_scores(&self, queue: &wgpu::Queue, rows: usize) -> Result<Vec<f32>> {
        self.read(queue, "scores", self.scores(), rows)
    }

    /// Waits for the first `rows` scores along each vector of the last call submitted; none where
    /// [`Options::vectors`] is one.
    ///
    /// # Errors
    /// [`Error::ReadBack`].
    pub fn read_vectors(&self, queue: &wgpu::Queue, rows: usize) -> Result<Vec<Vec<f32>>> {
        let Some(buffer) = self.vectors() else {
            return Ok(Vec::new());
        };
        let all = self.read::<f32>(queue, "vectors", buffer, usize::MAX)?;
        let lines = all.chunks(self.vector_stride());
        Ok(lines
            .map(|line| line[..rows.min(line.len())].to_vec())
            .collect())
    }

    /// Waits for the spectrum of the last call submitted; none where [`Options::vectors`] is one.
    ///
    /// # Errors
    /// [`Error::ReadBack`].
    pub fn read_spectrum(&self, queue: &wgpu::Queue) -> Result<Option<Spectrum>> {
        let Some(buffer) = self.spectrum() else {
            return Ok(None);
        };
        let read = self.read::<Spectrum>(queue, "spectrum", buffer, 1)?;
        Ok(read.first().copied())
    }

    fn read<T: Pod>(
        &self,
        queue: &wgpu::Queue,
        what: &'static str,
        buffer: &wgpu::Buffer,
        count: usize,
    ) -> Result<Vec<T>> {
        let count = count.min(buffer.size() as usize / size_of::<T>());
        read_back(self.device(), queue, what, buffer, count)
    }
}

impl Status {
    /// The status again, unless the features themselves made the selection an error.
    ///
    /// # Errors
    /// [`Error::NonPositiveDegree`]; with `strict` (as in [`Options::strict`](crate::Options))
    /// [`Error::InvalidRows`].
    pub fn check(self, strict: bool) -> Result<Self> {
        if self.flags().contains(Flags::NON_POSITIVE_DEGREE) {
            return Err(Error::NonPositiveDegree {
                degree: self.degree_min,
                status: Box::new(self),
            });
        }
        if strict && self.valid < self.rows {
            return Err(Error::InvalidRows {
                count: self.rows - self.valid,
                rows: self.rows,
            });
        }
        Ok(self)
    }
}
