//! An optimiser whose recorded state is made on the device it belongs to.
//!
//! Burn 0.22 puts the state of a record on its default device first, which may not be the run's
//! device, and may not exist.

use burn::optim::{DynOptimizer, DynState, LearningRate, StateSink, StateSource};
use burn::tensor::{Device, kind::BridgeTensor};

/// `inner`, with the states of records made on `device`.
pub(super) struct DevicePinned<O> {
    pub inner: O,
    /// Without gradients.
    pub device: Device,
}

impl<O: DynOptimizer> DynOptimizer for DevicePinned<O> {
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
        self.inner.state_unflatten(rank, prefix, src, &self.device)
    }
}

#[cfg(test)]
mod tests {
    use crate::run::optimiser::{Optimiser, Updates};
    use burn::module::{Module, ModuleVisitor, Param};
    use burn::tensor::{Device, Int, Tensor, TensorData};
    use gstds_models::learner::{Learner, LearnerConfig, LearnerShape};

    /// Every value of a module, running statistics included.
    #[derive(Default)]
    struct Values(Vec<f32>);

    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().try_into_vec_as::<f32>().unwrap());
        }
    }

    fn values(learner: &Learner) -> Vec<f32> {
        let mut values = Values::default();
        learner.valid().visit(&mut values);
        values.0
    }

    /// One step on a batch that depends on its number.
    fn step(updates: &mut Updates, learner: Learner, number: usize) -> Learner {
        let device = Device::flex().autodiff();
        let pixels = (0..4 * 16).map(|i| ((i * (number + 1)) as f32 * 0.7).sin());
        let pixels = TensorData::new(pixels.collect::<Vec<_>>(), [4, 1, 4, 4]);
        let labels = Tensor::<1, Int>::from_data([0, 1, 1, 0], &device);
        let (_, loss) = updates.loss(&learner, Tensor::from_data(pixels, &device), labels, None);
        let gradients = updates.gradients(&loss, &learner);
        updates.step(0.05, learner, gradients)
    }

    fn fresh(optimiser: &Optimiser, seed: u64) -> (Updates, Learner) {
        let shape = LearnerShape {
            side: 4,
            channels: 1,
            classes: 2,
        };
        let device = Device::flex().autodiff();
        let config: LearnerConfig = "resnet8-w2".parse().unwrap();
        let learner = config.init(shape, seed, &device).unwrap();
        (Updates::new(optimiser, &device), learner)
    }

    #[test]
    fn steps_after_a_record_are_those_without_one() {
        for decay_norms in [false, true] {
            for base in [Optimiser::sgd(), Optimiser::adamw()] {
                let optimiser = Optimiser {
                    decay_norms,
                    weight_decay: 0.1,
                    ..base
                };
                let (mut updates, mut learner) = fresh(&optimiser, 1);
                for number in 0..3 {
                    learner = step(&mut updates, learner, number);
                }
                let (mut resumed, other) = fresh(&optimiser, 2);
                let mut restored = other.restore(learner.record().unwrap()).unwrap();
                resumed.restore(updates.record().unwrap()).unwrap();
                assert!(values(&restored) == values(&learner), "{optimiser:?}");
                for number in 3..5 {
                    learner = step(&mut updates, learner, number);
                    restored = step(&mut resumed, restored, number);
                }
                assert!(values(&restored) == values(&learner), "{optimiser:?}");
            }
        }
    }

    #[test]
    fn a_record_of_another_optimiser_is_refused() {
        let (mut updates, learner) = fresh(&Optimiser::sgd(), 1);
        drop(step(&mut updates, learner, 0));
        let record = updates.record().unwrap();
        let (mut adamw, _) = fresh(&Optimiser::adamw(), 1);
        let reason = adamw.restore(record).unwrap_err();
        assert!(reason.starts_with("0 of its"), "{reason}");
    }
}
