//! The learner before its first step.

use crate::{
    error::Result,
    run::{config::TrainConfig, progress::RunProgress},
    sampler::{self, Purpose},
};
use burn::tensor::Device;
use gstds_models::learner::{Learner, LearnerShape, Pretrained};

/// A learner with weights drawn from the seed, whatever file the configuration names: to be filled
/// from a checkpoint.
pub(in crate::run) fn from_seed(
    config: &TrainConfig,
    shape: LearnerShape,
    device: &Device,
) -> Result<Learner> {
    let seed = sampler::derived(config.seed, Purpose::Weights, 0);
    Ok(config.learner.init(shape, seed, device)?)
}

/// The learner of a new run, on a device with gradients.
pub(in crate::run) fn first(
    config: &TrainConfig,
    shape: LearnerShape,
    device: &Device,
    progress: &mut dyn RunProgress,
) -> Result<Learner> {
    let Some(path) = &config.init else {
        return from_seed(config, shape, device);
    };
    let seed = sampler::derived(config.seed, Purpose::Weights, 0);
    let Pretrained { learner, note } = config.learner.init_from(path, shape, seed, device)?;
    if let Some(note) = note {
        progress.warn(&note);
    }
    Ok(learner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::MethodName;
    use burn::module::Module;
    use burn::tensor::Tensor;
    use gstds_models::learner::plan::Plan;
    use safetensors::{Dtype, tensor::TensorView};
    use std::path::Path;

    #[derive(Default)]
    struct Notes(Vec<String>);

    impl RunProgress for Notes {}

    impl gstds_data::Progress for Notes {
        fn warn(&mut self, text: &str) {
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
        let learner = first(&config, shape, &device, &mut notes).unwrap();
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
        let error = first(&config, shape, &Device::flex(), &mut Notes::default());
        let error = error.unwrap_err();
        let crate::Error::Models(gstds_models::Error::Data(source)) = &error else {
            panic!("{error}");
        };
        assert!(matches!(source, gstds_data::Error::Io { .. }), "{error}");
        assert!(error.to_string().contains("none.safetensors"), "{error}");
    }
}
