//! The most similar rows of every row of a Burn tensor.

use super::operation::{PoolBackend, PoolCall, Searching};
use crate::{GpuDevice, Result, device_tensor::FailureSlot, features::check};
use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};
use gstds::{NeighbourOptions, Neighbours, Shape};
use std::sync::Arc;

/// Finds the most similar rows of every row, on Burn's own device: [`gstds::Neighbours`] for
/// tensors.
///
/// ```no_run
/// use burn::tensor::{Distribution, Tensor};
/// use gstds::{NeighbourOptions, adapter::AdapterRequest};
/// use gstds_burn::{GpuDevice, NeighbourSearch};
///
/// # fn main() -> gstds_burn::Result<()> {
/// let device = GpuDevice::open(&AdapterRequest::default())?;
/// let mut search = NeighbourSearch::new(&device, &NeighbourOptions::default().neighbours(10));
/// let bank = Tensor::<2>::random([1000, 64], Distribution::Default, &device.burn);
/// let found = search.search(&bank)?;
/// assert_eq!(found.rows.dims(), [1000, 10]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct NeighbourSearch {
    device: GpuDevice,
    options: NeighbourOptions,
    prepared: Option<Arc<Neighbours>>,
    failure: FailureSlot,
}

/// The neighbours of every row; a search may not have run yet.
#[derive(Clone, Debug)]
pub struct NeighbourTensors {
    /// Row numbers, i32, rows x neighbours, most similar first; -1 where there is no further one,
    /// as [`gstds::NO_NEIGHBOUR`].
    pub rows: Tensor<2, Int>,
    /// Their cosine similarities, f32, in the same places; 0 where there is none.
    pub similarities: Tensor<2>,
}

impl NeighbourSearch {
    /// A search without a workspace; the first call makes one.
    #[must_use]
    pub fn new(device: &GpuDevice, options: &NeighbourOptions) -> Self {
        Self {
            device: device.clone(),
            options: options.clone(),
            prepared: None,
            failure: FailureSlot::default(),
        }
    }

    /// The neighbours of every row of `features` (rows x features, f32 or f16), exactly. Nothing is
    /// read back or waited for.
    ///
    /// The features may be tracked by autodiff; what is found never is. Costs n²·d multiply-adds as
    /// [`Neighbours::record`], and a copy of the lists, 8 bytes a neighbour. A call of another shape
    /// compiles the kernels and allocates [`Neighbours::workspace_bytes`] first.
    ///
    /// # Errors
    /// Those of [`Neighbours::prepare`]; another device or element type, all before any GPU work;
    /// [`Error::Recording`](crate::Error::Recording) where an earlier call could not be recorded.
    pub fn search(&mut self, features: &Tensor<2>) -> Result<NeighbourTensors> {
        self.check_recorded()?;
        check(&self.device, features)?;
        let [rows, width] = features.dims();
        let what = Searching {
            search: self.prepare(Shape {
                rows,
                features: width,
            })?,
            rows,
            neighbours: self.options.neighbours as usize,
        };
        let call = PoolCall::new(&self.device, what, &self.failure);
        let features = features.clone().without_autodiff().into_dispatch();
        let (rows, similarities) = Dispatch::neighbours(features, call);
        Ok(NeighbourTensors {
            rows: Tensor::from_dispatch(rows),
            similarities: Tensor::from_dispatch(similarities),
        })
    }

    /// Whether the calls that Burn has run so far could be recorded; see
    /// [`FiedlerSelector::check_recorded`](crate::FiedlerSelector::check_recorded).
    ///
    /// # Errors
    /// [`Error::Recording`](crate::Error::Recording), once for each failure.
    pub fn check_recorded(&self) -> Result<()> {
        self.failure.check()
    }

    fn prepare(&mut self, shape: Shape) -> Result<Arc<Neighbours>> {
        if let Some(known) = self.prepared.as_ref().filter(|it| it.shape() == shape) {
            return Ok(known.clone());
        }
        // Its memory is free for the next one.
        self.prepared = None;
        let search = Neighbours::prepare(&self.device.gpu.device, shape, &self.options)?;
        let search = Arc::new(search);
        self.prepared = Some(search.clone());
        Ok(search)
    }
}
