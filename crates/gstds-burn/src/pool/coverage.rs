//! Rows of a Burn tensor that cover it.

use super::operation::{Covering, PoolBackend, PoolCall};
use crate::{Error, GpuDevice, Result, device_tensor::FailureSlot, features::check};
use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};
use gstds::{Coverage, CoverageOptions, CoverageSelection, Shape};
use std::sync::{Arc, Mutex, PoisonError};

/// Chooses rows of a pool that cover it, on Burn's own device: [`gstds::Coverage`] for tensors.
///
/// ```no_run
/// use burn::tensor::{Distribution, Tensor};
/// use gstds::{CoverageOptions, CoverageRule, adapter::AdapterRequest};
/// use gstds_burn::{CoverageSelector, GpuDevice};
///
/// # fn main() -> gstds_burn::Result<()> {
/// let device = GpuDevice::open(&AdapterRequest::default())?;
/// let options = CoverageOptions::new(CoverageRule::FacilityLocation);
/// let mut selector = CoverageSelector::new(&device, &options);
/// let pool = Tensor::<2>::random([1000, 64], Distribution::Default, &device.burn);
/// let chosen = selector.select(&pool, 30, &[])?; // 30 row numbers, i32, on the device
/// let covering = pool.select(0, chosen);
/// # let _ = covering;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CoverageSelector {
    device: GpuDevice,
    options: CoverageOptions,
    prepared: Option<Prepared>,
    failure: FailureSlot,
}

/// The workspace of the last call.
#[derive(Debug)]
struct Prepared {
    shape: Shape,
    most: usize,
    coverage: Arc<Mutex<Coverage>>,
}

impl CoverageSelector {
    /// A selector without a workspace; the first selection makes one.
    #[must_use]
    pub fn new(device: &GpuDevice, options: &CoverageOptions) -> Self {
        Self {
            device: device.clone(),
            options: options.clone(),
            prepared: None,
            failure: FailureSlot::default(),
        }
    }

    /// `count` rows of `features` (rows x features, f32 or f16) in the order of choice, i32, fewer
    /// where there are no more, beside the rows `already`, which were chosen before. Nothing is read
    /// back or waited for.
    ///
    /// The features may be tracked by autodiff; the chosen rows never are. Costs what
    /// [`Coverage::record`] records, and a copy of 4 bytes a row chosen. A call of another shape, or
    /// with another sum of `count` and `already`, compiles the kernels and allocates
    /// [`Coverage::workspace_bytes`] first.
    ///
    /// # Errors
    /// Those of [`Coverage::prepare`]; rows `already` that do not exist or stand there twice; another
    /// device or element type, all before any GPU work; [`Error::Recording`] where an earlier call
    /// could not be recorded.
    pub fn select(
        &mut self,
        features: &Tensor<2>,
        count: usize,
        already: &[u32],
    ) -> Result<Tensor<1, Int>> {
        self.check_recorded()?;
        check(&self.device, features)?;
        let [rows, width] = features.dims();
        let coverage = self.prepare([rows, width], count.saturating_add(already.len()))?;
        let locked = coverage.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = locked.count_of(rows, count, already)?;
        drop(locked);
        let what = Covering {
            coverage,
            kept,
            already: already.to_vec(),
            seed: self.options.seed,
        };
        let call = PoolCall::new(&self.device, what, &self.failure);
        let features = features.clone().without_autodiff().into_dispatch();
        Ok(Tensor::from_dispatch(Dispatch::cover(features, call)))
    }

    /// Seed of the calls after this, in place of [`CoverageOptions::seed`].
    pub fn reseed(&mut self, seed: u64) {
        self.options.seed = seed;
    }

    /// Waits for the last selection and reads it with its status and objective, for logs; `None`
    /// before the first.
    ///
    /// # Errors
    /// [`Error::ReadBack`], [`Error::Recording`], and those of [`Coverage::read`].
    pub fn read_last(&self) -> Result<Option<CoverageSelection>> {
        let Some(prepared) = &self.prepared else {
            return Ok(None);
        };
        self.device.burn.sync().map_err(|e| Error::ReadBack {
            reason: e.to_string(),
        })?;
        self.check_recorded()?;
        let coverage = prepared.coverage.lock();
        let coverage = coverage.unwrap_or_else(PoisonError::into_inner);
        Ok(Some(coverage.read(&self.device.gpu.queue)?))
    }

    /// Whether the calls that Burn has run so far could be recorded; see
    /// [`FiedlerSelector::check_recorded`](crate::FiedlerSelector::check_recorded).
    ///
    /// # Errors
    /// [`Error::Recording`], once for each failure.
    pub fn check_recorded(&self) -> Result<()> {
        self.failure.check()
    }

    /// The workspace of a call that chooses `most` rows, those given beforehand included.
    fn prepare(
        &mut self,
        [rows, features]: [usize; 2],
        most: usize,
    ) -> Result<Arc<Mutex<Coverage>>> {
        let shape = Shape { rows, features };
        if let Some(known) = &self.prepared
            && known.shape == shape
            && known.most == most
        {
            return Ok(known.coverage.clone());
        }
        // Its memory is free for the next one.
        self.prepared = None;
        let coverage = Coverage::prepare(&self.device.gpu.device, shape, most, &self.options)?;
        let coverage = Arc::new(Mutex::new(coverage));
        self.prepared = Some(Prepared {
            shape,
            most,
            coverage: coverage.clone(),
        });
        Ok(coverage)
    }
}
