//! The inputs of methods: features on the device, and the reference's losses.

use super::{RunInputs, neighbours::NeighbourCache};
use crate::{
    error::{Error, Result, config_error, device_lost},
    method::ReferenceLoss,
    run::{progress::RunProgress, summary::ReferenceCost},
};
use burn::tensor::{Int, Tensor, TensorData};
use gstds::Shape;
use gstds_burn::GpuDevice;
use gstds_curate::guided::is_trusted;
use gstds_curate::label_graph::{LabelGraph, search_flops};
use gstds_data::Split;
use gstds_models::{
    bank::{FeatureBank, ResidentBank},
    bank_cache::{bank_of, cache},
    linear_probe::{self, ProbeLosses},
    reference::OpenReference,
};
use std::time::Instant;

/// Features on the device and the reference's losses, as far as the method needs them, and their
/// costs.
#[derive(Default)]
pub(in crate::run) struct ReferenceData {
    pub bank: Option<ResidentBank>,
    pub losses: Option<Tensor<1>>,
    pub graph: Option<LabelGraph>,
    /// The key of the bank, where the features were not passed by the caller.
    pub key: Option<String>,
    pub flops: u64,
    pub seconds: f64,
    pub cost: Option<ReferenceCost>,
}

/// Where features of the training images come from.
pub(in crate::run) enum FeatureSource {
    /// The caller: a row for each stored training image.
    Bank(Box<Tensor<2>>),
    /// A reference model, which computes what is neither shipped nor cached.
    Model(Box<OpenReference>),
}

/// Features of the training images.
enum TrainingFeatures {
    Host(FeatureBank),
    Device(Tensor<2>),
}

impl ReferenceData {
    /// Finds or computes the features of a run's training images, and the reference's losses.
    /// Without a source there are neither.
    pub fn find(
        inputs: &RunInputs,
        source: Option<FeatureSource>,
        progress: &mut dyn RunProgress,
    ) -> Result<Self> {
        let method = inputs.config.spec();
        let Some(source) = source.filter(|_| method.needs_features()) else {
            return Ok(Self::default());
        };
        let altered = inputs
            .data
            .corrupted
            .as_ref()
            .is_some_and(|it| it.is_altered());
        if altered && matches!(source, FeatureSource::Bank(_)) {
            return Err(config_error(
                "near_copies alters images, and a bank of the original images does not fit them; leave the bank out, or use duplicate"
                    .into(),
            ));
        }
        let begun = Instant::now();
        let (features, mut found) = match source {
            FeatureSource::Bank(bank) => given(*bank),
            FeatureSource::Model(model) => from_model(inputs, &model, progress)?,
        };
        features.check_rows(inputs.data.featured())?;
        let features = match &inputs.data.corrupted {
            Some(corrupted) if !corrupted.is_altered() => features.gathered(corrupted.rows()),
            _ => features,
        };
        found.find_losses(inputs, &features, progress)?;
        if let TrainingFeatures::Host(bank) = &features {
            found.key = Some(bank.key().into());
        }
        if method.solves_graphs() {
            found.bank = Some(features.into_resident(&inputs.device)?);
        }
        found.seconds = begun.elapsed().as_secs_f64();
        Ok(found)
    }

    /// Finds the reference's losses and the label graph, as far as the method needs them.
    fn find_losses(
        &mut self,
        inputs: &RunInputs,
        features: &TrainingFeatures,
        progress: &mut dyn RunProgress,
    ) -> Result<()> {
        let method = inputs.config.spec();
        let Some(usual) = method.reference_loss() else {
            return Ok(());
        };
        let from = inputs.config.reference_loss.unwrap_or(usual);
        let needs_graph = method.needs_label_graph() || from == ReferenceLoss::Graph;
        let mut build = || self.build_graph(inputs, features, progress);
        let graph = needs_graph.then(&mut build).transpose()?;
        let (losses, accuracy) = match (from, &graph) {
            (ReferenceLoss::Graph, Some(graph)) => (graph.losses.clone(), graph.accuracy),
            _ => {
                let probes = self.fit_probes(inputs, features, progress)?;
                (probes.losses, probes.accuracy)
            }
        };
        if method.needs_label_graph() {
            self.graph = graph.map(|graph| LabelGraph {
                losses,
                accuracy,
                ..graph
            });
        } else {
            let data = TensorData::new(losses, [inputs.data.dataset().train.len()]);
            self.losses = Some(Tensor::from_data(data, &inputs.device.burn));
        }
        Ok(())
    }

    fn build_graph(
        &mut self,
        inputs: &RunInputs,
        features: &TrainingFeatures,
        progress: &mut dyn RunProgress,
    ) -> Result<LabelGraph> {
        let dataset = inputs.data.dataset();
        let (labels, classes) = (dataset.train.labels(), dataset.classes.len());
        // A cache that has the neighbours spares the features' way through f32.
        let search = || {
            let (values, width) = features.values()?;
            LabelGraph::neighbours(&inputs.device.gpu, &values, width).map_err(graph_error)
        };
        let lists = match features.neighbour_cache(inputs) {
            Some(cache) => cache.find_or_search(&mut |text| progress.warn(text), search),
            None => search(),
        }?;
        let graph = LabelGraph::of_neighbours(&lists, labels, classes).map_err(graph_error)?;
        progress.note(&format!(
            "similar training images agree with {:.1} % of the labels",
            100.0 * graph.accuracy
        ));
        if !is_trusted(&graph) {
            progress.note("that is hardly more than one class has, so their vote is not used");
        }
        self.flops += search_flops(Shape {
            rows: labels.len(),
            features: features.width(),
        });
        Ok(graph)
    }

    fn fit_probes(
        &mut self,
        inputs: &RunInputs,
        features: &TrainingFeatures,
        progress: &mut dyn RunProgress,
    ) -> Result<ProbeLosses> {
        let dataset = inputs.data.dataset();
        let fitted = features.losses(&dataset.train, dataset.classes.len())?;
        progress.note(&format!(
            "linear probes reach {:.1} % accuracy on training images that they were not fitted to",
            100.0 * fitted.accuracy
        ));
        if let Some(cost) = &mut self.cost {
            cost.head_accuracy = Some(fitted.accuracy);
        }
        self.flops += fitted.flops;
        Ok(fitted)
    }
}

/// The device's error, or what is wrong with the labels.
fn graph_error(error: gstds_curate::Error) -> Error {
    match error {
        gstds_curate::Error::Selection(error) => Error::Gpu(error.into()),
        other => config_error(other.to_string()),
    }
}

fn given(bank: Tensor<2>) -> (TrainingFeatures, ReferenceData) {
    let cost = ReferenceCost {
        model: "given".into(),
        source: "given".into(),
        head_accuracy: None,
    };
    let found = ReferenceData {
        cost: Some(cost),
        ..ReferenceData::default()
    };
    (TrainingFeatures::Device(bank), found)
}

fn from_model(
    inputs: &RunInputs,
    model: &OpenReference,
    progress: &mut dyn RunProgress,
) -> Result<(TrainingFeatures, ReferenceData)> {
    let (config, images) = (&inputs.config, inputs.data.featured());
    let folder = cache(config.no_cache);
    let (found, flops) = bank_of(model, images, &inputs.device, folder.as_deref(), progress)?;
    let cost = ReferenceCost {
        model: config.reference.model.name().into(),
        source: found.origin.name().into(),
        head_accuracy: None,
    };
    let data = ReferenceData {
        flops,
        cost: Some(cost),
        ..ReferenceData::default()
    };
    Ok((TrainingFeatures::Host(found.bank), data))
}

impl TrainingFeatures {
    /// Refuses features that belong to other images.
    fn check_rows(&self, images: &Split) -> Result<()> {
        let rows = match self {
            Self::Host(bank) => bank.rows(),
            Self::Device(bank) => bank.dims()[0],
        };
        let images = images.len();
        match rows == images {
            true => Ok(()),
            false => Err(gstds_models::Error::BankRows { rows, images }.into()),
        }
    }

    /// Those of `rows`, in that order.
    fn gathered(self, rows: &[usize]) -> Self {
        match self {
            Self::Host(bank) => Self::Host(bank.gathered(rows)),
            Self::Device(bank) => {
                let numbers: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
                let numbers = TensorData::new(numbers, [rows.len()]);
                let numbers = Tensor::<1, Int>::from_data(numbers, &bank.device());
                Self::Device(bank.select(0, numbers))
            }
        }
    }

    /// Features of a row.
    fn width(&self) -> usize {
        match self {
            Self::Host(bank) => bank.width(),
            Self::Device(bank) => bank.dims()[1],
        }
    }

    /// All features on the host, row after row, and the features of a row.
    fn values(&self) -> Result<(Vec<f32>, usize)> {
        let values = match self {
            Self::Host(bank) => {
                let rows = (0..bank.rows()).flat_map(|row| bank.row(row));
                rows.collect()
            }
            Self::Device(bank) => {
                let values = bank.try_to_vec_as::<f32>();
                values.map_err(|e| device_lost(&e))?
            }
        };
        Ok((values, self.width()))
    }

    /// Where their neighbours are kept, unless the seed chooses which images there are.
    fn neighbour_cache(&self, inputs: &RunInputs) -> Option<NeighbourCache> {
        let (Self::Host(bank), corrupted) = (self, &inputs.data.corrupted) else {
            return None;
        };
        let rows = corrupted.iter().flat_map(|it| it.rows()).enumerate();
        let altered = corrupted.as_ref().is_some_and(|it| it.is_altered());
        if altered || rows.into_iter().any(|(at, &row)| at != row) {
            return None;
        }
        let folder = cache(inputs.config.no_cache)?;
        Some(NeighbourCache::new(&folder, bank.key(), &inputs.adapter()))
    }

    /// The reference's losses by linear probes.
    fn losses(&self, images: &Split, classes: usize) -> Result<ProbeLosses> {
        let (values, width) = self.values()?;
        Ok(linear_probe::cross_fit(
            values,
            width,
            images.labels(),
            classes,
        )?)
    }

    fn into_resident(self, device: &GpuDevice) -> Result<ResidentBank> {
        match self {
            Self::Host(bank) => Ok(ResidentBank::upload(&bank, device)?),
            Self::Device(bank) => Ok(bank.into()),
        }
    }
}
