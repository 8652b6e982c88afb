//! What the last call left on the device, read back to the host.
//!
//! Each reader is there twice: `read_*_async` submits a copy and returns a future, and `read_*`
//! waits for it on this thread by polling the device, which a browser does not allow.

#[cfg(not(target_family = "wasm"))]
use crate::transfer::wait;
use crate::{Batch, GraphBatch, Result, Spectrum, Status, transfer::read_back};
use bytemuck::Pod;

/// Everything below reads what the calls submitted so far have left. The copy is submitted when a
/// reader is called, not when its future is polled, and the future borrows nothing, so that the
/// next call can be recorded meanwhile. It is ready once the device has been polled
/// ([`wgpu::Device::poll`], on any thread; a browser does it by itself), and waits forever where
/// nothing does. It is `Send` wherever wgpu's types are.
impl Batch {
    /// The status of the last call submitted.
    ///
    /// # Errors
    /// [`Error::NonPositiveDegree`](crate::Error::NonPositiveDegree); in strict mode
    /// [`Error::InvalidRows`](crate::Error::InvalidRows);
    /// [`Error::ReadBack`](crate::Error::ReadBack), [`Error::OutOfMemory`](crate::Error::OutOfMemory)
    /// and [`Error::DeviceLost`](crate::Error::DeviceLost).
    pub fn read_status_async(
        &self,
        queue: &wgpu::Queue,
    ) -> impl Future<Output = Result<Status>> + use<> {
        let read = self.read::<Status>(queue, "status", self.status(), 1);
        let (matrix, strict) = (self.matrix_kind(), self.options().strict);
        async move { read.await?[0].check_of(matrix, strict) }
    }

    /// The first `count` kept rows of the last call submitted.
    ///
    /// # Errors
    /// As [`Batch::read_status_async`], those of the features aside.
    pub fn read_kept_async(
        &self,
        queue: &wgpu::Queue,
        count: usize,
    ) -> impl Future<Output = Result<Vec<u32>>> + use<> {
        self.read(queue, "kept rows", self.kept(), count)
    }

    /// The first `rows` scores of the last call submitted.
    ///
    /// # Errors
    /// As [`Batch::read_kept_async`].
    pub fn read_scores_async(
        &self,
        queue: &wgpu::Queue,
        rows: usize,
    ) -> impl Future<Output = Result<Vec<f32>>> + use<> {
        self.read(queue, "scores", self.scores(), rows)
    }

    /// The first `rows` scores along each vector of the last call submitted; none where
    /// [`Options::vectors`](field@crate::Options::vectors) is one.
    ///
    /// # Errors
    /// As [`Batch::read_kept_async`].
    pub fn read_vectors_async(
        &self,
        queue: &wgpu::Queue,
        rows: usize,
    ) -> impl Future<Output = Result<Vec<Vec<f32>>>> + use<> {
        let read = self
            .vectors()
            .map(|buffer| self.read::<f32>(queue, "vectors", buffer, usize::MAX));
        let stride = self.vector_stride();
        async move {
            let Some(read) = read else {
                return Ok(Vec::new());
            };
            let all = read.await?;
            let lines = all.chunks(stride);
            Ok(lines
                .map(|line| line[..rows.min(line.len())].to_vec())
                .collect())
        }
    }

    /// The spectrum of the last call submitted; none where
    /// [`Options::vectors`](field@crate::Options::vectors) is one.
    ///
    /// # Errors
    /// As [`Batch::read_kept_async`].
    pub fn read_spectrum_async(
        &self,
        queue: &wgpu::Queue,
    ) -> impl Future<Output = Result<Option<Spectrum>>> + use<> {
        let read = self
            .spectrum()
            .map(|buffer| self.read::<Spectrum>(queue, "spectrum", buffer, 1));
        async move {
            match read {
                Some(read) => Ok(read.await?.first().copied()),
                None => Ok(None),
            }
        }
    }

    fn read<T: Pod>(
        &self,
        queue: &wgpu::Queue,
        what: &'static str,
        buffer: &wgpu::Buffer,
        count: usize,
    ) -> impl Future<Output = Result<Vec<T>>> + use<T> {
        let count = count.min(buffer.size() as usize / size_of::<T>());
        read_back(self.device(), queue, what, buffer, count)
    }
}

/// The same, waited for on this thread. Not available on wasm.
#[cfg(not(target_family = "wasm"))]
impl Batch {
    /// Waits for [`Batch::read_status_async`].
    ///
    /// # Errors
    /// As there.
    pub fn read_status(&self, queue: &wgpu::Queue) -> Result<Status> {
        wait(self.device(), "status", self.read_status_async(queue))
    }

    /// Waits for [`Batch::read_kept_async`].
    ///
    /// # Errors
    /// As there.
    pub fn read_kept(&self, queue: &wgpu::Queue, count: usize) -> Result<Vec<u32>> {
        let read = self.read_kept_async(queue, count);
        wait(self.device(), "kept rows", read)
    }

    /// Waits for [`Batch::read_scores_async`].
    ///
    /// # Errors
    /// As there.
    pub fn read_scores(&self, queue: &wgpu::Queue, rows: usize) -> Result<Vec<f32>> {
        wait(self.device(), "scores", self.read_scores_async(queue, rows))
    }

    /// Waits for [`Batch::read_vectors_async`].
    ///
    /// # Errors
    /// As there.
    pub fn read_vectors(&self, queue: &wgpu::Queue, rows: usize) -> Result<Vec<Vec<f32>>> {
        let read = self.read_vectors_async(queue, rows);
        wait(self.device(), "vectors", read)
    }

    /// Waits for [`Batch::read_spectrum_async`].
    ///
    /// # Errors
    /// As there.
    pub fn read_spectrum(&self, queue: &wgpu::Queue) -> Result<Option<Spectrum>> {
        wait(self.device(), "spectrum", self.read_spectrum_async(queue))
    }
}

/// Copies and futures are those of [`Batch`]'s readers.
impl GraphBatch {
    /// The status of the first `graphs` graphs of the last call submitted.
    ///
    /// # Errors
    /// As [`Batch::read_kept_async`], and per graph those of the features.
    pub fn read_status_async(
        &self,
        queue: &wgpu::Queue,
        graphs: usize,
    ) -> impl Future<Output = Result<Vec<Result<Status>>>> + use<> {
        let count = graphs.min(self.graphs());
        let read = read_back::<Status>(self.device(), queue, "status", self.status(), count);
        let strict = self.options().strict;
        async move {
            let all = read.await?.into_iter();
            Ok(all.map(|status| status.check(strict)).collect())
        }
    }

    /// The kept rows of the last call submitted, given the counts that [`GraphBatch::encode`]
    /// returned for it.
    ///
    /// # Errors
    /// As [`Batch::read_kept_async`].
    pub fn read_kept_async(
        &self,
        queue: &wgpu::Queue,
        counts: &[usize],
    ) -> impl Future<Output = Result<Vec<Vec<u32>>>> + use<> {
        self.read_each(queue, "kept rows", self.kept(), counts)
    }

    /// The scores of the last call submitted, given how many rows each of its graphs had.
    ///
    /// # Errors
    /// As [`Batch::read_kept_async`].
    pub fn read_scores_async(
        &self,
        queue: &wgpu::Queue,
        rows: &[usize],
    ) -> impl Future<Output = Result<Vec<Vec<f32>>>> + use<> {
        self.read_each(queue, "scores", self.scores(), rows)
    }

    /// The first words of each graph's line of a buffer, as many as `counts` names.
    fn read_each<T: Pod>(
        &self,
        queue: &wgpu::Queue,
        what: &'static str,
        buffer: &wgpu::Buffer,
        counts: &[usize],
    ) -> impl Future<Output = Result<Vec<Vec<T>>>> + use<T> {
        let stride = self.stride();
        let counts: Vec<_> = counts.iter().copied().take(self.graphs()).collect();
        let words = counts.len() * stride;
        let read = read_back::<T>(self.device(), queue, what, buffer, words);
        async move {
            let words = read.await?;
            let each = words.chunks(stride).zip(counts);
            Ok(each
                .map(|(line, count)| line[..count.min(stride)].to_vec())
                .collect())
        }
    }
}

/// The same, waited for on this thread. Not available on wasm.
#[cfg(not(target_family = "wasm"))]
impl GraphBatch {
    /// Waits for [`GraphBatch::read_status_async`].
    ///
    /// # Errors
    /// As there.
    pub fn read_status(&self, queue: &wgpu::Queue, graphs: usize) -> Result<Vec<Result<Status>>> {
        let read = self.read_status_async(queue, graphs);
        wait(self.device(), "status", read)
    }

    /// Waits for [`GraphBatch::read_kept_async`].
    ///
    /// # Errors
    /// As there.
    pub fn read_kept(&self, queue: &wgpu::Queue, counts: &[usize]) -> Result<Vec<Vec<u32>>> {
        let read = self.read_kept_async(queue, counts);
        wait(self.device(), "kept rows", read)
    }

    /// Waits for [`GraphBatch::read_scores_async`].
    ///
    /// # Errors
    /// As there.
    pub fn read_scores(&self, queue: &wgpu::Queue, rows: &[usize]) -> Result<Vec<Vec<f32>>> {
        let read = self.read_scores_async(queue, rows);
        wait(self.device(), "scores", read)
    }
}
