//! An optimiser whose recorded state is made on the device it belongs to.
//!
//! Burn 0.22 puts the state of a record on its default device first, which need not be the one a
//! run has opened, nor be there at all.

use burn::optim::{DynOptimizer, DynState, LearningRate, StateSink, StateSource};
use burn::tensor::{Device, kind::BridgeTensor};

/// `inner`, with states that are read from records made on `home`.
pub(super) struct Homed<O> {
    pub inner: O,
    /// Without gradients.
    pub home: Device,
}

impl<O: DynOptimizer> DynOptimizer for Homed<O> {
    fn step_dyn(
        &self,
        rank: usize,
        lr: LearningRate,
        tensor: BridgeTensor,
        grad: BridgeTensor,
        state: Option<DynState>,
    ) -> (BridgeTensor, Option<DynState>) {
        self.inner.step_dyn(rank, lr, tensor, grad, state)
    }

    fn to_device_dyn(&self, state: DynState, device: &Device) -> DynState {
        self.inner.to_device_dyn(state, device)
    }

    fn state_flatten(&self, prefix: &str, state: &DynState, out: &mut StateSink) {
        self.inner.state_flatten(prefix, state, out);
    }

    fn state_unflatten(
        &self,
        rank: usize,
        prefix: &str,
        src: &mut StateSource,
        _: &Device,
    ) -> Option<DynState> {
        self.inner.state_unflatten(rank, prefix, src, &self.home)
    }
}
