//! What `guided` learns from training: when each row was last kept, the loss by class, and how
//! accurate the learner is on rows that are new to it. All of it is on the device; only the number
//! of steps is known here.

use crate::{
    error::{Result, device_lost},
    method::KeptRows,
};
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData, activation::log_softmax};
use gstds_models::label_graph::LabelGraph;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// Share of a class's running loss that each step replaces.
const CLASS_RATE: f64 = 0.2;
/// Share of the running accuracy that a step with new rows alone replaces.
const ACCURACY_RATE: f64 = 0.05;
/// In the first steps the accuracy is the mean of all steps.
const MEAN_STEPS: u64 = 20;
/// Where a row was never kept.
const NEVER: f32 = -1.0;

pub(super) struct State {
    device: Device,
    /// The number of each class, i32, `[1, classes]`.
    classes: Tensor<2, Int>,
    /// Steps observed.
    pub steps: u64,
    /// The step at which each row was last kept, f32, or [`NEVER`].
    pub last: Tensor<1>,
    /// The running loss by class.
    pub class_losses: Tensor<1>,
    /// The learner's accuracy on kept rows that it met for the first time, f32, 1.
    pub accuracy: Tensor<1>,
}

impl State {
    /// Before the first step, with an accuracy below any, which opens the gate.
    pub fn new(device: &Device, graph: &LabelGraph) -> Self {
        Self {
            device: device.clone(),
            classes: Tensor::arange(0..graph.classes as i64, device).unsqueeze_dim(0),
            steps: 0,
            last: Tensor::full([graph.labels.len()], NEVER, device),
            class_losses: Tensor::full([graph.classes], (graph.classes as f64).ln(), device),
            accuracy: Tensor::full([1], -1.0, device),
        }
    }

    /// Takes in what a step kept, with the learner as it was before the update.
    pub fn observe(&mut self, kept: &KeptRows<'_>) {
        let losses = losses(kept);
        self.observe_classes(kept, &losses);
        self.observe_accuracy(kept);
        let before = self.last.clone().select(0, kept.rows.clone());
        let change = before.neg() + self.steps as f64;
        let last = self.last.clone();
        self.last = last.select_assign(0, kept.rows.clone(), change, IndexingUpdateOp::Add);
        self.steps += 1;
    }

    /// A loss that is not finite is passed over.
    fn observe_classes(&mut self, kept: &KeptRows<'_>, losses: &Tensor<1>) {
        let unusable = losses.clone().is_finite().bool_not();
        // Burn's one_hot would read the labels back to check them.
        let labels = kept.labels.clone().unsqueeze_dim::<2>(1);
        let one_hot = labels.equal(self.classes.clone()).float();
        let usable = losses.clone().zeros_like().add_scalar(1.0);
        let usable = usable
            .mask_fill(unusable.clone(), 0.0)
            .unsqueeze_dim::<2>(1);
        let losses = losses
            .clone()
            .mask_fill(unusable, 0.0)
            .unsqueeze_dim::<2>(1);
        let members = one_hot * usable;
        let counts = members.clone().sum_dim(0).squeeze_dim::<1>(0);
        let sums = (members * losses).sum_dim(0).squeeze_dim::<1>(0);
        let means = sums / counts.clone().clamp_min(1.0);
        let running = self.class_losses.clone();
        let moved = running.clone() * (1.0 - CLASS_RATE) + means * CLASS_RATE;
        self.class_losses = moved.mask_where(counts.equal_elem(0.0), running);
    }

    fn observe_accuracy(&mut self, kept: &KeptRows<'_>) {
        let rows = kept.rows.dims()[0];
        let named = kept.logits.clone().argmax(1).squeeze_dim::<1>(1);
        let right = named.equal(kept.labels.clone()).float();
        let last = self.last.clone().select(0, kept.rows.clone());
        let new = last.lower_elem(0.0).float();
        let count = new.clone().sum();
        let accuracy = (right * new).sum() / count.clone().clamp_min(1.0);
        let rate = match self.steps <= MEAN_STEPS {
            true => count.greater_elem(0.0).float() / (self.steps + 1) as f64,
            false => count * (ACCURACY_RATE / rows as f64),
        };
        let running = self.accuracy.clone() * (rate.clone().neg() + 1.0);
        self.accuracy = running + accuracy * rate;
    }

    /// The state as a safetensors file. Waits for the device.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let read = |tensor: &Tensor<1>| -> Result<Vec<u8>> {
            let values = tensor.try_to_vec_as::<f32>();
            let values = values.map_err(|e| device_lost(&e))?;
            Ok(values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect())
        };
        let floats: [Vec<u8>; 3] = [
            read(&self.last)?,
            read(&self.class_losses)?,
            read(&self.accuracy)?,
        ];
        let steps = self.steps.to_le_bytes();
        let mut views = vec![("steps", view(Dtype::U64, &steps, 8))];
        let named = NAMES.into_iter().zip(&floats);
        views.extend(named.map(|(name, bytes)| (name, view(Dtype::F32, bytes, 4))));
        let views = views.into_iter();
        let bytes = safetensors::serialize(views, None);
        // Names are distinct and lengths are those of the types.
        Ok(bytes.unwrap_or_default())
    }

    /// Takes over what [`State::to_bytes`] wrote; the error says what does not fit.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
        let part = |name: &str, length: usize| {
            let tensor = file.tensor(name).map_err(|e| e.to_string())?;
            match tensor.shape() == [length] {
                true => Ok(tensor.data().to_vec()),
                false => Err(format!(
                    "the state of guided has {:?} values of {name}, not {length}",
                    tensor.shape()
                )),
            }
        };
        let floats = |name: &str, length: usize| {
            let bytes = part(name, length)?;
            let values = bytes.as_chunks::<4>().0.iter();
            let values: Vec<f32> = values.map(|bytes| f32::from_le_bytes(*bytes)).collect();
            let data = TensorData::new(values, [length]);
            Ok::<_, String>(Tensor::<1>::from_data(data, &self.device))
        };
        let [last, class_losses, accuracy] = NAMES;
        let steps = part("steps", 1)?;
        let restored = Self {
            device: self.device.clone(),
            classes: self.classes.clone(),
            steps: steps
                .first_chunk()
                .map_or(0, |bytes| u64::from_le_bytes(*bytes)),
            last: floats(last, self.last.dims()[0])?,
            class_losses: floats(class_losses, self.class_losses.dims()[0])?,
            accuracy: floats(accuracy, 1)?,
        };
        *self = restored;
        Ok(())
    }
}

const NAMES: [&str; 3] = ["last", "class_losses", "accuracy"];

fn view(dtype: Dtype, bytes: &[u8], size: usize) -> TensorView<'_> {
    TensorView::new(dtype, vec![bytes.len() / size], bytes).expect("whole values of the type")
}

/// Cross entropy of each row in nats.
fn losses(kept: &KeptRows<'_>) -> Tensor<1> {
    let chances = log_softmax(kept.logits.clone(), 1);
    let labels = kept.labels.clone().unsqueeze_dim::<2>(1);
    chances.gather(1, labels).squeeze_dim::<1>(1).neg()
}
