//! The device's ceilings, by the same clock and in the same rounds as the selections.

use crate::{CopyCeiling, FmaCeiling, Spread};
use gstds::{
    Result,
    adapter::Gpu,
    profile::{Clock, Timing},
    work::Work,
};
use std::time::Duration;

/// Bytes that a copy reads on a GPU, where its bindings allow as many: beyond its caches.
const GPU_COPY: u64 = 256 << 20;
/// The same on an adapter that is a CPU.
const SOFTWARE_COPY: u64 = 64 << 20;
/// Workgroups of multiply-adds on a GPU, and on an adapter that is a CPU.
const GPU_GROUPS: u32 = 4096;
const SOFTWARE_GROUPS: u32 = 64;
/// Iterations of every chain of multiply-adds, in sixteens.
const SIXTEENS: u32 = 256;

/// One rate that the device reached.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Ceiling {
    /// Billions (10⁹) a second, at the median time: bytes read and written, or floating-point
    /// operations.
    pub giga_per_second: f64,
    /// Bytes or operations of one run.
    pub amount: u64,
    /// Milliseconds of a run.
    pub time: Spread,
}

impl Ceiling {
    fn new(amount: u64, times: &[Duration]) -> Self {
        let time = Spread::of(times);
        Self {
            giga_per_second: amount as f64 / time.median / 1e6,
            amount,
            time,
        }
    }
}

/// The ceilings, which bound a selection's time from below.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Ceilings {
    /// A large copy (`shaders/copy_ceiling.wgsl`): 256 MiB to 256 MiB, or what one binding holds
    /// where that is less; on software adapters 64 MiB.
    pub copy: Ceiling,
    /// Multiply-adds from registers (`shaders/fma_ceiling.wgsl`), which no product with operands
    /// in memory surpasses.
    pub fma: Ceiling,
    /// The clock of both.
    pub clock: Clock,
}

impl Ceilings {
    /// Lower bound on the milliseconds of this work: the larger of bytes over the copy's rate and
    /// operations (two a multiply-add) over the rate of multiply-adds.
    #[must_use]
    pub fn bound(&self, work: &Work) -> f64 {
        let memory = work.bytes as f64 / self.copy.giga_per_second;
        let arithmetic = 2.0 * work.multiply_adds as f64 / self.fma.giga_per_second;
        memory.max(arithmetic) * 1e-6
    }
}

/// The kernels of both ceilings and the times they took so far.
#[derive(Debug)]
pub(crate) struct CeilingTimes {
    copy: CopyCeiling,
    fma: FmaCeiling,
    copies: Vec<Timing>,
    fmas: Vec<Timing>,
}

impl CeilingTimes {
    pub fn new(gpu: &Gpu) -> Result<Self> {
        let limits = gpu.device.limits();
        let (bytes, groups) = if gpu.is_software() {
            (SOFTWARE_COPY, SOFTWARE_GROUPS)
        } else {
            (GPU_COPY, GPU_GROUPS)
        };
        let allowed = limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size);
        let bytes = bytes.min(allowed - allowed % 16);
        Ok(Self {
            copy: CopyCeiling::new(gpu, bytes)?,
            fma: FmaCeiling::new(gpu, groups, SIXTEENS)?,
            copies: Vec::new(),
            fmas: Vec::new(),
        })
    }

    /// Runs both once; the times count if `counts`.
    pub fn visit(&mut self, queue: &wgpu::Queue, counts: bool) -> Result<()> {
        let (copy, fma) = (self.copy.run(queue)?, self.fma.run(queue)?);
        if counts {
            self.copies.push(copy);
            self.fmas.push(fma);
        }
        Ok(())
    }

    pub fn ceilings(&self) -> Ceilings {
        let best = |times: &[Timing]| -> Vec<_> { times.iter().map(Timing::best).collect() };
        Ceilings {
            copy: Ceiling::new(self.copy.bytes(), &best(&self.copies)),
            fma: Ceiling::new(2 * self.fma.multiply_adds(), &best(&self.fmas)),
            clock: self.copies.first().map_or(Clock::Wall, Timing::clock),
        }
    }
}
