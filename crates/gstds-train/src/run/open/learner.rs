//! The learner before its first step.

use crate::{
    error::Result,
    run::{config::TrainConfig, progress::RunProgress},
    sampler::{self, Purpose},
};
use burn::tensor::Device;
use gstds_models::learner::{InitWeights, Learner, LearnerShape, Pretrained};

/// The learner of a run on a device with gradients: from opened weights, or drawn from the seed.
pub(in crate::run) fn initial(
    config: &TrainConfig,
    shape: LearnerShape,
    device: &Device,
    weights: Option<&InitWeights>,
    progress: &mut dyn RunProgress,
) -> Result<Learner> {
    let seed = sampler::derived(config.seed, Purpose::Weights, 0);
    let Some(weights) = weights else {
        return Ok(config.learner.init(shape, seed, device)?);
    };
    let Pretrained { learner, note } = config.learner.init_from(weights, shape, seed, device)?;
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

    /// A whole ResNet-18 without a classifier, whose every value is `fill`.
    fn write(path: &Path, config: &TrainConfig, fill: f32) {
        let tensors = config.learner.weight_shapes(3);
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
        write(&path, &config, 0.0);
        let shape = LearnerShape {
            side: 4,
            channels: 3,
            classes: 2,
        };
        let device = Device::flex().autodiff();
        let mut notes = Notes::default();
        let weights = config.learner.open_weights(&path).unwrap();
        let learner = initial(&config, shape, &device, Some(&weights), &mut notes).unwrap();
        assert_eq!(notes.0.len(), 1);
        assert!(notes.0[0].contains("has no classifier"), "{:?}", notes.0);
        let images = Tensor::<4>::ones([1, 3, 4, 4], &Device::flex());
        let features = learner.valid().features(images);
        assert_eq!(features.try_into_vec_as::<f32>().unwrap(), [0.0; 512]);
    }
}
