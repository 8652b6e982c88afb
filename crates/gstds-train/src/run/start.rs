//! Where training starts and how far it goes: the first learner, the number of steps.

use super::{
    config::TrainConfig,
    control,
    progress::RunProgress,
    sampler::{self, Purpose},
};
use crate::{
    error::{Error, Result},
    schedule::{Batch, Extent},
};
use burn::tensor::Device;
use gstds_burn::GpuDevice;
use gstds_data::Dataset;
use gstds_models::device_memory::binding;
use gstds_models::learner::{Learner, LearnerShape, Pretrained};
use std::path::Path;

/// Refuses early what the adapter or the data set make impossible, in a configuration that is
/// sound by itself.
pub(super) fn check(config: &TrainConfig, dataset: &Dataset, device: &GpuDevice) -> Result<()> {
    config.optimiser.check_steps(steps(config, dataset))?;
    let adapter = &device.gpu.adapter.get_info().name;
    config.optimiser.precision.check(&device.burn, adapter)?;
    let shape = shape(config, dataset);
    config.learner.check(&shape)?;
    if config.init.is_some() {
        config.learner.check_pretrained(shape.channels)?;
    }
    most_images(config, dataset, device).map(drop)
}

/// Refuses weights that are missing or another network's, and a place where no run's folder can be,
/// before anything takes time.
pub(super) fn check_files(config: &TrainConfig) -> Result<()> {
    if config.method.needs_features() {
        config.reference.open()?;
    }
    // A checkpoint holds the weights, and a run that has one goes on without the file.
    let goes_on = config.resume && config.out.as_deref().is_some_and(control::has_any);
    if let Some(path) = config.init.as_ref().filter(|_| !goes_on) {
        config.learner.open_weights(path)?;
    }
    config.out.as_deref().map_or(Ok(()), check_place)
}

/// That something can be written where `path` is to be: in the nearest folder above it that exists.
fn check_place(path: &Path) -> Result<()> {
    let exists = |folder: &&Path| folder.exists();
    let above = path.ancestors().skip(1).find(exists);
    let folder = match above {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let tried = tempfile::NamedTempFile::new_in(folder);
    tried.map(drop).map_err(|source| {
        gstds_data::Error::Io {
            action: "writing to",
            path: folder.into(),
            source,
        }
        .into()
    })
}

/// What goes in and out of a run's learner.
pub(super) fn shape(config: &TrainConfig, dataset: &Dataset) -> LearnerShape {
    LearnerShape {
        side: config.image_side,
        channels: dataset.shape().channels,
        classes: dataset.classes.len(),
    }
}

/// Optimiser steps that a run makes, once its configuration is checked.
pub(super) fn steps(config: &TrainConfig, dataset: &Dataset) -> usize {
    let batches = dataset.train.len().div_ceil(config.batch);
    let all = config.epochs.saturating_mul(batches);
    config.max_steps.unwrap_or(all).min(all)
}

/// Most images that the learner sees at once in a step: those kept, or for methods that go by its
/// losses the whole batch.
pub(super) fn largest_pass(config: &TrainConfig, dataset: &Dataset) -> usize {
    let extent = extent(config, dataset.train.len());
    let batches = config.schedule.batches(config.method, &extent);
    let scored = |batch: &Batch| config.method.scored(batch.rows, batch.keep);
    let passes = batches.map(|batch| batch.keep.max(scored(&batch)));
    passes.fold(0, usize::max)
}

/// What the schedule of a run on so many images spans.
pub(super) fn extent(config: &TrainConfig, images: usize) -> Extent {
    Extent {
        images,
        batch: config.batch,
        epochs: config.epochs,
        max_steps: config.max_steps,
    }
}

/// Images that the learner takes at once on this device; a step shows it no more.
pub(super) fn most_images(
    config: &TrainConfig,
    dataset: &Dataset,
    device: &GpuDevice,
) -> Result<usize> {
    let rows = largest_pass(config, dataset);
    let bytes = binding(device);
    within(config, shape(config, dataset), rows, bytes)
}

/// The same where `bytes` can be bound and `kept` are wanted.
fn within(config: &TrainConfig, shape: LearnerShape, kept: usize, bytes: u64) -> Result<usize> {
    let most = config.learner.most_images(shape, bytes)?;
    match kept.max(1) <= most {
        true => Ok(most),
        false => Err(Error::LearnerMemory {
            learner: config.learner.name(),
            side: shape.side,
            rows: kept,
            most,
            bytes,
        }),
    }
}

/// A learner of the seed's weights, whatever file the configuration names: to be filled from a
/// checkpoint.
pub(super) fn blank(config: &TrainConfig, shape: LearnerShape, device: &Device) -> Result<Learner> {
    let seed = sampler::derived(config.seed, Purpose::Weights, 0);
    Ok(config.learner.init(shape, seed, device)?)
}

/// The learner before its first step, on a device with gradients.
pub(super) fn learner(
    config: &TrainConfig,
    shape: LearnerShape,
    device: &Device,
    progress: &mut dyn RunProgress,
) -> Result<Learner> {
    let Some(path) = &config.init else {
        return blank(config, shape, device);
    };
    let seed = sampler::derived(config.seed, Purpose::Weights, 0);
    let weights = config.learner.open_weights(path)?;
    let Pretrained { learner, note } = config.learner.init_from(&weights, shape, seed, device)?;
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
        assert!(notes.0[0].contains("has no classifier"), "{:?}", notes.0);
        let images = Tensor::<4>::ones([1, 3, 4, 4], &Device::flex());
        let features = learner.valid().features(images);
        assert_eq!(features.try_into_vec_as::<f32>().unwrap(), [0.0; 512]);
    }

    #[test]
    fn more_images_than_the_device_binds_are_refused_with_what_fits() {
        let mut config = TrainConfig::new(MethodName::Full, true);
        config.learner = "resnet8-w256".parse().unwrap();
        let shape = LearnerShape {
            side: 8,
            channels: 1,
            classes: 2,
        };
        // 256 channels of 8x8: 64 KiB an image.
        let most = |kept, bytes| within(&config, shape, kept, bytes);
        assert_eq!(most(80, 80 << 16).unwrap(), 80);
        assert_eq!(most(80, 128 << 20).unwrap(), 2048);
        let message = most(80, (80 << 16) - 1).unwrap_err().to_string();
        for part in ["80 images", "resnet8-w256", "side of 8", "79 images fill"] {
            assert!(message.contains(part), "{part} not in {message}");
        }
        assert!(most(0, 1).is_err(), "one image is the least");
        config.learner = "resnet8-w99999999999999999".parse().unwrap();
        let error = within(&config, shape, 1, 1 << 30).unwrap_err();
        let refused = matches!(error, Error::Models(gstds_models::Error::Config { .. }));
        assert!(refused, "{error}");
    }

    #[test]
    fn a_run_that_has_a_checkpoint_goes_on_without_the_file_it_started_from() {
        let root = tempfile::tempdir().unwrap();
        let mut config = TrainConfig::new(MethodName::Full, true);
        config.learner = "resnet18".parse().unwrap();
        config.init = Some(root.path().join("gone.safetensors"));
        config.out = Some(root.path().join("run"));
        config.resume = true;
        let checkpoints = root.path().join("run/checkpoints");
        std::fs::create_dir_all(&checkpoints).unwrap();
        let error = check_files(&config).unwrap_err().to_string();
        assert!(error.contains("gone.safetensors"), "{error}");
        std::fs::write(checkpoints.join("step-000000001.safetensors"), "").unwrap();
        check_files(&config).unwrap();
        let shape = LearnerShape {
            side: 4,
            channels: 3,
            classes: 2,
        };
        blank(&config, shape, &Device::flex().autodiff()).unwrap();
        config.resume = false;
        assert!(check_files(&config).is_err());
    }

    #[test]
    fn the_largest_pass_is_that_of_the_batch_that_shows_the_learner_most() {
        let shape = gstds_data::ImageShape {
            height: 1,
            width: 1,
            channels: 1,
        };
        let split = |images: usize| {
            let (pixels, labels) = (vec![0; images], vec![0; images]);
            gstds_data::Split::new("x", shape, pixels, labels, 1).unwrap()
        };
        let dataset = Dataset {
            name: "x".into(),
            classes: vec!["x".into()],
            train: split(80),
            test: split(1),
        };
        let most = |method, schedule: &str, max_steps| {
            let mut config = TrainConfig::new(method, true);
            config.batch = 32;
            config.epochs = 4;
            config.max_steps = max_steps;
            config.schedule = schedule.parse().unwrap();
            largest_pass(&config, &dataset)
        };
        let random = MethodName::Random;
        assert_eq!(most(random, "constant:0.25", None), 8);
        assert_eq!(most(random, "constant:0.25+interrupt:2", None), 32);
        assert_eq!(most(random, "constant:0.25+interrupt:3", None), 16);
        assert_eq!(most(random, "constant:0.25+end:0.75", None), 32);
        assert_eq!(most(random, "constant:0.25+end:0.75", Some(9)), 8);
        assert_eq!(most(MethodName::Loss, "constant:0.25", None), 32);
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
        let Error::Models(gstds_models::Error::Data(source)) = &error else {
            panic!("{error}");
        };
        assert!(matches!(source, gstds_data::Error::Io { .. }), "{error}");
        assert!(error.to_string().contains("none.safetensors"), "{error}");
    }
}
