//! Where training starts and how far it goes: the first learner, the number of steps.

use super::{
    config::TrainConfig,
    progress::Progress,
    sampler::{self, Purpose},
};
use crate::{
    data::Dataset,
    error::{Error, Result},
    learner::{Learner, LearnerShape, Pretrained},
    memory::megabytes,
    method::MethodName,
    weights::Weights,
};
use burn::tensor::Device;
use gstds_burn::GpuDevice;

/// Optimiser steps that a run makes, once its configuration is checked.
pub(super) fn steps(config: &TrainConfig, dataset: &Dataset) -> usize {
    let batches = dataset.train.len().div_ceil(config.batch);
    let all = config.epochs.saturating_mul(batches);
    config.max_steps.unwrap_or(all).min(all)
}

/// Refuses weights that are not there, before anything takes time.
pub(super) fn check_files(config: &TrainConfig) -> Result<()> {
    let mut needed = Vec::from_iter(&config.init);
    if config.method.needs_features() {
        config.reference.check()?;
        needed.extend(&config.reference.weights);
    }
    needed
        .into_iter()
        .try_for_each(|path| Weights::is_there(path))
}

/// Test images in one forward pass: 250, since more would not be faster, or as many as keep the
/// largest activation within the 128 MiB that every device binds.
pub(super) fn evaluated_at_once(config: &TrainConfig, shape: &LearnerShape) -> usize {
    let image = config.learner.activation_bytes(shape).max(1);
    ((128 << 20) / image).clamp(1, 250) as usize
}

/// Refuses steps on more images than the device can bind an activation of.
pub(super) fn check_activations(
    config: &TrainConfig,
    shape: &LearnerShape,
    dataset: &Dataset,
    device: &GpuDevice,
) -> Result<()> {
    let ratios = (0..config.epochs).map(|epoch| config.schedule.ratio(epoch, config.epochs));
    let ratio = match config.method {
        MethodName::Full => 1.0,
        _ => ratios.fold(0.0, f64::max),
    };
    let kept = (config.batch.min(dataset.train.len()) as f64 * ratio).ceil() as u64;
    let limits = device.gpu.device.limits();
    let allowed = limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size);
    let needed = kept.saturating_mul(config.learner.activation_bytes(shape));
    if needed <= allowed {
        return Ok(());
    }
    Err(Error::Config {
        reason: format!(
            "an activation of {} for {kept} kept images of side {} takes {}, and the device binds {} at once: lower batch or keep, image_side or the learner's width",
            config.learner.name(),
            shape.side,
            megabytes(needed),
            megabytes(allowed),
        ),
    })
}

/// The learner before its first step, on a device with gradients.
pub(super) fn learner(
    config: &TrainConfig,
    shape: LearnerShape,
    device: &Device,
    progress: &mut dyn Progress,
) -> Result<Learner> {
    let seed = sampler::derived(config.seed, Purpose::Weights, 0);
    let Some(path) = &config.init else {
        return config.learner.init(shape, seed, device);
    };
    let Pretrained { learner, note } = config.learner.init_from(path, shape, seed, device)?;
    if let Some(note) = note {
        progress.note(&note);
    }
    Ok(learner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Error, learner::plan::Plan, method::MethodName};
    use burn::module::Module;
    use burn::tensor::Tensor;
    use safetensors::{Dtype, tensor::TensorView};
    use std::path::Path;

    #[derive(Default)]
    struct Notes(Vec<String>);

    impl Progress for Notes {
        fn note(&mut self, text: &str) {
            self.0.push(text.into());
        }
    }

    /// A whole ResNet-18 without a head, whose every value is `fill`.
    fn write(path: &Path, config: &TrainConfig, fill: f32) {
        let tensors = Plan::new(&config.learner, 3).tensors();
        let most = tensors
            .iter()
            .map(|(_, shape)| shape.iter().product())
            .max();
        let values: usize = most.unwrap();
        let bytes = half::f16::from_f32(fill).to_le_bytes().repeat(values);
        let views = tensors.iter().map(|(name, shape)| {
            let bytes = &bytes[..2 * shape.iter().product::<usize>()];
            let view = TensorView::new(Dtype::F16, shape.clone(), bytes).unwrap();
            (name.as_str(), view)
        });
        std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
    }

    #[test]
    fn a_run_starts_from_the_weights_its_configuration_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let mut config = TrainConfig::new(MethodName::Full, true);
        config.learner = "resnet18".parse().unwrap();
        config.init = Some(path.clone());
        write(&path, &config, 0.0);
        let shape = LearnerShape {
            side: 4,
            channels: 3,
            classes: 2,
        };
        let device = Device::flex().autodiff();
        let mut notes = Notes::default();
        let learner = learner(&config, shape, &device, &mut notes).unwrap();
        assert_eq!(notes.0.len(), 1);
        assert!(notes.0[0].contains("holds no head"), "{:?}", notes.0);
        let images = Tensor::<4>::ones([1, 3, 4, 4], &Device::flex());
        let features = learner.valid().features(images);
        assert_eq!(features.try_into_vec_as::<f32>().unwrap(), [0.0; 512]);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let mut config = TrainConfig::new(MethodName::Full, true);
        config.learner = "resnet18".parse().unwrap();
        config.init = Some("none.safetensors".into());
        let shape = LearnerShape {
            side: 4,
            channels: 3,
            classes: 2,
        };
        let error = learner(&config, shape, &Device::flex(), &mut Notes::default());
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
        assert!(error.to_string().contains("none.safetensors"), "{error}");
    }
}
