//! What `guided` learns from training: when each row was last kept, the loss by class, and how
//! accurate the learner is on rows that are new to it. All of it is on the device; only the number
//! of steps is known here.

use crate::{
    error::Result,
    method::{
        KeptRows, MethodName,
        state_file::{StateReader, StateWriter},
    },
};
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};
use gstds_curate::guided::constants::{ACCURACY_RATE, CLASS_RATE, MEAN_STEPS, NEVER};
use gstds_curate::label_graph::LabelGraph;

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
        let losses = kept.losses();
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
        let mut file = StateWriter::default();
        file.number(STEPS, self.steps);
        file.tensor(LAST, &self.last)?;
        file.tensor(CLASS_LOSSES, &self.class_losses)?;
        file.tensor(ACCURACY, &self.accuracy)?;
        Ok(file.finish())
    }

    /// Takes over what [`State::to_bytes`] wrote; the error says what does not fit.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        let file = StateReader::new(MethodName::Guided, bytes)?;
        let floats = |name: &str, like: &Tensor<1>| {
            let length = like.dims()[0];
            let values = file.floats(name, Some(length))?;
            let data = TensorData::new(values, [length]);
            Ok::<_, String>(Tensor::<1>::from_data(data, &self.device))
        };
        let last = floats(LAST, &self.last)?;
        let class_losses = floats(CLASS_LOSSES, &self.class_losses)?;
        let accuracy = floats(ACCURACY, &self.accuracy)?;
        self.steps = file.number(STEPS)?;
        (self.last, self.class_losses, self.accuracy) = (last, class_losses, accuracy);
        Ok(())
    }
}

const STEPS: &str = "steps";
const LAST: &str = "last";
const CLASS_LOSSES: &str = "class_losses";
const ACCURACY: &str = "accuracy";
