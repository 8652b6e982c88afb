//! One optimiser step's arithmetic: from logits to the updated learner.

use super::{Algorithm, Clip, Optimiser, device_pinned::DevicePinned};
use burn::module::{Module, ParamGroup};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::optim::{
    AdamWConfig, GradientsParams, ModuleOptimizer, Optimizer, OptimizerRecord, SgdConfig,
    decay::WeightDecayConfig, momentum::MomentumConfig,
};
use burn::tensor::{Bytes, Device, Int, Tensor, activation::log_softmax};
use gstds_models::learner::{Learner, Precision};

/// The optimiser at work: its state and how losses become gradients.
pub(crate) struct Updates {
    optimiser: ModuleOptimizer,
    criterion: CrossEntropyLoss,
    clip: Clip,
    precision: Precision,
    scale: f64,
}

impl Updates {
    /// Before the first step; `device` has gradients.
    pub(crate) fn new(config: &Optimiser, device: &Device) -> Self {
        let smoothing = config.label_smoothing as f32;
        let smoothing = (smoothing > 0.0).then_some(smoothing);
        Self {
            optimiser: config.module_optimiser(device),
            criterion: CrossEntropyLossConfig::new()
                .with_smoothing(smoothing)
                .init(device),
            clip: config.clip,
            precision: config.precision,
            scale: match config.precision {
                Precision::Full => 1.0,
                Precision::Mixed => config.loss_scale,
            },
        }
    }

    /// Logits and loss of a batch, both with gradients: the mean over its images, or where they
    /// have weights (f32, without gradients) the weighted sum.
    pub(crate) fn loss(
        &self,
        learner: &Learner,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
        weights: Option<Tensor<1>>,
    ) -> (Tensor<2>, Tensor<1>) {
        let logits = learner.forward_in(images, self.precision);
        let loss = match weights {
            None => self.criterion(logits.clone(), labels),
            Some(weights) => self.weighted(logits.clone(), labels, weights.autodiff()),
        };
        (logits, loss)
    }

    /// The loss of each image (f32, cross entropy in nats, without gradients) by a learner that is
    /// not training: labels are not smoothed, and batch norms use their running statistics, so
    /// that a loss depends on its image alone and a second pass leaves no trace in them.
    pub(crate) fn losses(
        &self,
        learner: &Learner,
        images: Tensor<4>,
        labels: Tensor<1, Int>,
    ) -> Tensor<1> {
        let logits = learner.valid().forward_in(images, self.precision);
        let own = log_softmax(logits, 1).gather(1, labels.unsqueeze_dim::<2>(1));
        own.neg().squeeze_dim(1)
    }

    /// Mean cross entropy over a batch, with smoothed labels where configured.
    pub(super) fn criterion(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        self.criterion.forward(logits, labels)
    }

    /// Sum of the images' cross entropies, each times its weight, with smoothed labels where
    /// configured: with weights 1/n it is [`Updates::criterion`].
    pub(super) fn weighted(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
        weights: Tensor<1>,
    ) -> Tensor<1> {
        let logs = log_softmax(logits, 1);
        let own = logs.clone().gather(1, labels.unsqueeze_dim::<2>(1));
        let own = own.squeeze_dim::<1>(1);
        let entropies = match self.criterion.smoothing {
            None => own,
            Some(share) => {
                let all = logs.mean_dim(1).squeeze_dim::<1>(1);
                own.mul_scalar(1.0 - share) + all.mul_scalar(share)
            }
        };
        (entropies * weights).sum().neg()
    }

    /// Gradients of a loss, clipped.
    pub(crate) fn gradients(&self, loss: &Tensor<1>, learner: &Learner) -> GradientsParams {
        let gradients = match self.scale == 1.0 {
            true => loss.backward(),
            false => loss.clone().mul_scalar(self.scale).backward(),
        };
        let gradients = GradientsParams::from_grads(gradients, learner);
        self.clip.apply(gradients, learner, self.scale)
    }

    /// The learner after one update.
    pub(crate) fn step(
        &mut self,
        rate: f64,
        learner: Learner,
        gradients: GradientsParams,
    ) -> Learner {
        self.optimiser.step(rate, learner, gradients)
    }

    /// Burn's record of the state. Waits for the device.
    pub(crate) fn record(&self) -> Result<Vec<u8>, String> {
        let bytes = self.optimiser.into_bytes().map_err(|e| e.to_string())?;
        Ok(bytes.to_vec())
    }

    /// Loads the state of a record, for a learner that was recorded at the same step.
    pub(crate) fn restore(&mut self, record: Vec<u8>) -> Result<(), String> {
        let record = OptimizerRecord::from_bytes(Bytes::from_bytes_vec(record));
        let record = record.map_err(|e| e.to_string())?;
        let expected = record.len();
        self.optimiser = self.optimiser.clone().load_record(record);
        // Burn silently skips tensors that it cannot place.
        let found = self.optimiser.to_record().len();
        match found == expected {
            true => Ok(()),
            false => Err(format!(
                "{found} of its {expected} optimiser tensors fit this optimiser"
            )),
        }
    }
}

impl Optimiser {
    pub(super) fn module_optimiser(&self, device: &Device) -> ModuleOptimizer {
        match self.algorithm {
            Algorithm::Sgd { momentum, nesterov } => {
                let momentum = MomentumConfig::new()
                    .with_momentum(momentum)
                    .with_dampening(0.0)
                    .with_nesterov(nesterov);
                let config = SgdConfig::new().with_momentum(Some(momentum));
                let decay = WeightDecayConfig::new(self.weight_decay as f32);
                let decaying = config.clone().with_weight_decay(Some(decay)).build();
                self.grouped(decaying, config.build(), device)
            }
            Algorithm::AdamW { betas, epsilon } => {
                let config = AdamWConfig::new()
                    .with_beta_1(betas[0] as f32)
                    .with_beta_2(betas[1] as f32)
                    .with_epsilon(epsilon as f32);
                let decaying = config.clone().with_weight_decay(self.weight_decay as f32);
                let constant = config.with_weight_decay(0.0);
                self.grouped(decaying.build(), constant.build(), device)
            }
        }
    }

    fn grouped<O: Optimizer>(&self, decaying: O, constant: O, device: &Device) -> ModuleOptimizer {
        let pinned = |inner| DevicePinned {
            inner,
            device: device.clone().inner(),
        };
        // Burn wants a plain optimiser first; the group of all parameters after it takes them.
        let all = ModuleOptimizer::from(decaying.clone());
        let all = all.with_group(ParamGroup::all(), pinned(decaying), None);
        match self.decay_norms {
            true => all,
            false => {
                let group = ParamGroup::from_any_predicates(vec!["norm", "bias"]);
                all.with_group(group, pinned(constant), None)
            }
        }
    }
}
