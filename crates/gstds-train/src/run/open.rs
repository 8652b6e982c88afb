//! From a configuration, or from data in memory, to the first step: every value is checked once,
//! opened once and passed on.

mod data;
mod features;
mod learner;
mod memory;
mod neighbours;
mod preflight;
mod sizes;

pub use data::training_data;
pub use sizes::Costs;
pub(super) use {
    data::RunData,
    features::{FeatureSource, ReferenceData},
    preflight::{Preflight, check_new},
    sizes::{RunSizes, steps},
};

use super::{
    checkpoint::{Checkpoint, Origin},
    config::TrainConfig,
    folder::RunFolder,
    optimiser::Updates,
    progress::RunProgress,
    summary::DeviceMemory,
};
use crate::{
    error::Result,
    images::{self, ImageLoader, ImageOptions, Residence},
    method::{self, Method, MethodInputs},
};
use burn::tensor::Tensor;
use gstds_burn::GpuDevice;
use gstds_models::bank::ResidentBank;
use gstds_models::learner::{InitWeights, Learner};
use std::time::Instant;

/// The inputs of a run.
pub(super) struct RunInputs {
    pub device: GpuDevice,
    pub config: TrainConfig,
    pub data: RunData,
    /// When the run was opened.
    pub opened: Instant,
}

/// The device state of a run.
pub(super) struct DeviceState {
    /// None only within an update, which takes the learner so that it changes in place.
    pub learner: Option<Learner>,
    pub updates: Updates,
    pub method: Box<dyn Method>,
    pub train: ImageLoader,
    pub test: ImageLoader,
}

/// A run that is ready for its first step.
pub(super) struct ReadyRun {
    pub inputs: RunInputs,
    pub sizes: RunSizes,
    pub state: DeviceState,
    pub memory: DeviceMemory,
    /// The costs of the features; the method holds bank and losses.
    pub reference: ReferenceData,
    pub folder: Option<RunFolder>,
    /// The run's origin, where it has a folder.
    pub origin: Option<Origin>,
    /// The position from which a resumed run continues; its weights are in `state` already.
    pub checkpoint: Option<Checkpoint>,
}

impl RunInputs {
    /// Bytes that a bank which is on the device already is copied into, for its rows under
    /// corruption.
    fn copied(&self, source: Option<&FeatureSource>) -> Option<u64> {
        let Some(FeatureSource::Bank(bank)) = source else {
            return None;
        };
        let corrupted = self.data.corrupted.as_ref();
        let gathered = corrupted.is_some_and(|corrupted| !corrupted.is_altered());
        let copies = self.config.spec().needs_features() && gathered;
        let row = bank.dims()[1] * bank.dtype().size();
        Some(match copies {
            true => (self.data.dataset().train.len() * row) as u64,
            false => 0,
        })
    }

    /// Name and driver of the adapter.
    fn adapter(&self) -> String {
        let info = self.device.gpu.adapter.get_info();
        format!(
            "{} ({} {} {})",
            info.name, info.backend, info.driver, info.driver_info
        )
    }

    /// The run's origin.
    fn origin(&self, bank: Option<String>) -> Result<Origin> {
        Ok(Origin {
            version: env!("CARGO_PKG_VERSION").into(),
            adapter: self.adapter(),
            config: self.config.to_toml()?,
            data: self.data.dataset().fingerprint(),
            bank,
        })
    }
}

impl ReadyRun {
    /// Finds features, makes method and learner, uploads images and opens the folder. Nothing is
    /// written before all else has succeeded.
    pub fn prepare(
        inputs: RunInputs,
        preflight: Preflight,
        bank: Option<Tensor<2>>,
        progress: &mut dyn RunProgress,
    ) -> Result<Self> {
        let mut sizes = RunSizes::new(&inputs.config, &inputs.data, &inputs.device)?;
        let source = match bank {
            Some(bank) => Some(FeatureSource::Bank(Box::new(bank))),
            None => preflight
                .reference
                .map(|it| FeatureSource::Model(Box::new(it))),
        };
        let (memory, residence) = memory::find(&inputs, inputs.copied(source.as_ref()))?;
        progress.note(&memory.to_string());
        if let Some(corruption) = inputs.data.corruption(&inputs.config) {
            progress.note(&corruption.to_string());
        }
        let mut reference = ReferenceData::find(&inputs, source, progress)?;
        let features = reference.bank.as_ref().map_or(0, ResidentBank::width);
        sizes.costs = sizes.costs.with_features(features);
        let (folder, checkpoint) = match preflight.resumed {
            Some(resumed) => (Some(resumed.folder), resumed.checkpoint),
            None => (None, None),
        };
        let method = make_method(&inputs, &mut reference)?;
        let init = preflight.init.as_ref();
        let state = DeviceState::new(&inputs, &sizes, method, residence, init, progress)?;
        let folder = match (folder, &inputs.config.out) {
            (None, Some(path)) => Some(RunFolder::begin(path, &inputs.config.to_toml()?)?),
            (folder, _) => folder,
        };
        let key = reference.key.take();
        let origin = folder.is_some().then(|| inputs.origin(key)).transpose()?;
        Ok(Self {
            inputs,
            sizes,
            state,
            memory,
            reference,
            folder,
            origin,
            checkpoint,
        })
    }
}

fn make_method(inputs: &RunInputs, reference: &mut ReferenceData) -> Result<Box<dyn Method>> {
    let config = &inputs.config;
    let method_inputs = MethodInputs {
        bank: reference.bank.take(),
        reference_losses: reference.losses.take(),
        label_graph: reference.graph.take(),
        guide: config.guide.clone(),
        selection: &config.selection,
        reweight: config.reweight,
    };
    method::make(config.spec(), &inputs.device, method_inputs)
}

impl DeviceState {
    /// With the learner of a new run; a resumed one fills it from its checkpoint.
    fn new(
        inputs: &RunInputs,
        sizes: &RunSizes,
        method: Box<dyn Method>,
        residence: Residence,
        init: Option<&InitWeights>,
        progress: &mut dyn RunProgress,
    ) -> Result<Self> {
        let RunInputs { device, config, .. } = inputs;
        let gradients = device.burn.clone().autodiff();
        let learner = learner::initial(config, sizes.shape, &gradients, init, progress)?;
        let options = ImageOptions {
            side: config.image_side,
            augment: config.augment,
            residence,
        };
        let [train, test] = images::loaders(device, inputs.data.dataset(), options)?;
        train.check_rows(sizes.largest_pass)?;
        Ok(Self {
            learner: Some(learner),
            updates: Updates::new(&config.optimiser, &gradients),
            method,
            train,
            test,
        })
    }

    /// The learner, which is there between two updates.
    pub fn learner(&self) -> &Learner {
        match &self.learner {
            Some(learner) => learner,
            None => unreachable!("an update puts the learner back"),
        }
    }
}
