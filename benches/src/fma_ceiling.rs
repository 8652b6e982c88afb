//! The rate of the device's f32 arithmetic: chains of multiply-adds from registers. One dispatch;
//! 192 multiply-adds per lane for each sixteen iterations.

use crate::{
    ceiling_kernel::{CeilingKernel, KernelSource},
    data::noise,
};
use gstds::{Result, adapter::Gpu, profile::Timing};

/// Lanes of a workgroup.
const THREADS: u32 = 256;
/// Chains of a lane.
const CHAINS: u64 = 12;

/// Chains of multiply-adds in many lanes.
#[derive(Debug)]
pub struct FmaCeiling {
    kernel: CeilingKernel,
    groups: u32,
    sixteens: u32,
    outcome: wgpu::Buffer,
}

impl FmaCeiling {
    /// `groups` workgroups of 256 lanes that start from random numbers and make 16 · `sixteens`
    /// iterations.
    ///
    /// # Errors
    /// [`Error::DeviceLimit`](gstds::Error::DeviceLimit) and
    /// [`Error::OutOfMemory`](gstds::Error::OutOfMemory).
    pub fn new(gpu: &Gpu, groups: u32, sixteens: u32) -> Result<Self> {
        let start = gpu.upload("gstds chains", &start(groups))?;
        let outcome = gpu.storage_buffer("gstds ends of chains", start.size())?;
        let source = KernelSource {
            name: "gstds fma ceiling",
            wgsl: include_str!("../shaders/fma_ceiling.wgsl"),
            constants: &[("sixteens", f64::from(sixteens))],
        };
        Ok(Self {
            kernel: CeilingKernel::new(&gpu.device, &source, [&start, &outcome], groups),
            groups,
            sixteens,
            outcome,
        })
    }

    /// Multiply-adds of one run.
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        let iterations = 16 * u64::from(self.sixteens);
        u64::from(self.groups * THREADS) * CHAINS * iterations
    }

    /// Runs all chains once and waits.
    ///
    /// # Errors
    /// [`Error::ReadBack`](gstds::Error::ReadBack).
    pub fn run(&self, queue: &wgpu::Queue) -> Result<Timing> {
        self.kernel.run(queue)
    }

    /// The ends of the chains: four sums of three chains for each lane.
    #[must_use]
    pub fn outcome(&self) -> &wgpu::Buffer {
        &self.outcome
    }

    /// What [`FmaCeiling::outcome`] must hold, in f64.
    #[must_use]
    pub fn twin(groups: u32, sixteens: u32) -> Vec<f64> {
        let lane = |given: &[f32]| {
            let a = f64::from(given[0] / 4096.0 - 1.0);
            let b = f64::from(given[1]);
            let end = |from: usize| {
                let start = f64::from(given[from % 4]);
                (0..16 * sixteens).fold(start, |x, _| x.mul_add(a, b))
            };
            // The third chain of a component starts two components on.
            [0, 1, 2, 3].map(|at| end(at) + end(at + 1) + end(at + 2))
        };
        start(groups).chunks(4).flat_map(lane).collect()
    }
}

/// Four numbers for each lane.
fn start(groups: u32) -> Vec<f32> {
    (0..groups * THREADS * 4).map(noise).collect()
}
