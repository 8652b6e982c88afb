//! Spectral medoids: the embedding by a selection's eigenvectors, and k-means over it.

use super::{
    Call, CoverageSelection,
    k_means::{KMeans, sizes},
};
use crate::{
    Batch, Features, Keep, Options, Result, Selector, Shape,
    error_scope::Watch,
    kernel::pieces::WORK_OF_A_BYTE,
    params::write_staged,
    recorder::{Parts, Recorder},
    transfer::read_back,
    work::SelectionWork,
    workspace::check_buffers,
};
use std::num::NonZeroU32;

#[derive(Debug)]
pub(super) struct Medoids {
    batch: Batch,
    k_means: KMeans,
}

impl Medoids {
    pub async fn new(
        device: &wgpu::Device,
        shape: Shape,
        most: usize,
        options: &Options,
    ) -> Result<Self> {
        check_buffers(sizes(shape.rows, most, options.vectors), &device.limits())?;
        let selector = Selector::new(device, options)?;
        Self::over(selector.prepare_async(shape).await?, most).await
    }

    /// For pools that the batch takes.
    pub async fn over(batch: Batch, most: usize) -> Result<Self> {
        let (shape, options) = (batch.shape(), batch.options().clone());
        let watch = Watch::start(batch.device());
        let k_means = KMeans::new(&batch.binder(), shape.rows, most);
        watch.end(Some(own_bytes(shape, most, &options))).await?;
        Ok(Self { batch, k_means })
    }

    /// Bytes that [`Self::new`] would allocate.
    pub fn bytes(
        device: &wgpu::Device,
        shape: Shape,
        most: usize,
        options: &Options,
    ) -> Result<u64> {
        check_buffers(sizes(shape.rows, most, options.vectors), &device.limits())?;
        let selection = Selector::new(device, options)?.fitting_bytes(shape)?;
        Ok(selection.saturating_add(own_bytes(shape, most, options)))
    }

    pub fn reseed(&mut self, seed: u64) {
        self.batch.reseed(seed);
    }

    pub fn kept(&self) -> &wgpu::Buffer {
        &self.k_means.buffers.kept
    }

    /// The cluster of each row.
    pub fn assigned(&self) -> &wgpu::Buffer {
        &self.k_means.buffers.assigned
    }

    /// Every buffer that kernels write, for tests to poison.
    #[cfg(all(test, feature = "twin"))]
    pub fn written(&self) -> Vec<&wgpu::Buffer> {
        let own = self.k_means.buffers.written().into_iter();
        let of_batch = self.batch.buffers().into_iter();
        own.chain(of_batch.map(|(_, buffer)| buffer)).collect()
    }

    #[cfg(all(test, feature = "twin"))]
    pub fn embedding(&self) -> &wgpu::Buffer {
        &self.k_means.buffers.embedding
    }

    pub fn record(
        &mut self,
        features: Features<'_>,
        call: Call,
        already: &[u32],
    ) -> Result<Vec<wgpu::CommandBuffer>> {
        let clusters = call.kept + call.already;
        let at_once = self.solver_dispatches(call.rows as usize);
        let keep = Keep::Count(clusters as usize);
        let encoded = self.batch.encode_parts(features, keep, at_once)?;
        let device = self.batch.device();
        let mut commands = encoded.commands;
        let watch = Watch::start(device);
        let mut encoder = Parts::encoder(device);
        self.k_means.clear(&mut encoder);
        let taken = bits(already, call.rows as usize);
        let target = &self.k_means.buffers.taken;
        write_staged(device, &mut encoder, target, bytemuck::cast_slice(&taken))?;
        let mut parts = Parts::new(
            device,
            encoder,
            self.dispatches_at_once(),
            self.piece_work(),
        );
        let mut pass = Recorder::Parts(&mut parts);
        self.k_means.record_embedding(&mut pass, call.rows);
        self.k_means.record_clusters(&mut pass, call.rows, clusters);
        self.k_means.record_order(&mut pass, call.rows, clusters);
        commands.extend(parts.finish());
        let mut encoder = Parts::encoder(device);
        let (from, to) = (&self.k_means.buffers.spare_rows, self.kept());
        encoder.copy_buffer_to_buffer(from, 0, to, 0, u64::from(call.kept) * 4);
        commands.push(encoder.finish());
        crate::error_scope::at_once(watch.end(None)).unwrap_or(Ok(()))?;
        Ok(commands)
    }

    /// Dispatches of the solve in a command buffer, so that a driver's watchdog sees none for long.
    fn solver_dispatches(&self, rows: usize) -> NonZeroU32 {
        let options = self.batch.options();
        let shape = Shape {
            rows,
            ..self.batch.shape()
        };
        let work = SelectionWork::new(self.batch.path(), shape, options, options.solver_steps());
        let most = self.batch.dispatches(rows).div_ceil(work.parts().max(1));
        NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN)
    }

    fn piece_work(&self) -> u64 {
        self.batch.binder().workspace.sizes.piece_work
    }

    /// Of the dispatches whose work is not counted the longest read the embedding.
    fn dispatches_at_once(&self) -> NonZeroU32 {
        let read = self.k_means.buffers.embedding.size();
        let most = self.piece_work() / read.saturating_mul(WORK_OF_A_BYTE).max(1);
        NonZeroU32::new(most.clamp(1, 1024) as u32).unwrap_or(NonZeroU32::MIN)
    }

    pub fn read_async(
        &self,
        queue: &wgpu::Queue,
        call: Call,
    ) -> impl Future<Output = Result<CoverageSelection>> + use<> {
        let (device, rows) = (self.batch.device(), call.rows as usize);
        let count = call.kept as usize;
        let kept = read_back::<u32>(device, queue, "chosen rows", self.kept(), count);
        let status = self.batch.read_status_async(queue);
        let scores = self.batch.read_scores_async(queue, rows);
        let spectrum = self.batch.read_spectrum_async(queue);
        async move {
            let (kept, scores, spectrum) = (kept.await?, scores.await?, spectrum.await?);
            let mut status = status.await?;
            status.kept = call.kept;
            let solved = status.steps > 0;
            Ok(CoverageSelection {
                kept,
                status,
                objective: None,
                spectrum: spectrum.filter(|_| solved),
                scores: solved.then_some(scores),
            })
        }
    }
}

fn own_bytes(shape: Shape, most: usize, options: &Options) -> u64 {
    let sizes = sizes(shape.rows, most, options.vectors);
    sizes.iter().map(|(_, bytes)| bytes).sum()
}

/// A bit for each of so many rows, set for those given.
fn bits(given: &[u32], rows: usize) -> Vec<u32> {
    let mut bits = vec![0; rows.div_ceil(32)];
    for &row in given {
        bits[row as usize / 32] |= 1 << (row % 32);
    }
    bits
}
