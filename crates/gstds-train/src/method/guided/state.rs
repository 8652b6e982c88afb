//! What `guided` learns from training: when each row was last kept, the loss by class, and how
//! accurate the learner is on rows that are new to it. All of it is on the device, in one tensor as
//! the kernels have it; only the number of steps is known here.

use crate::{
    error::{Result, device_lost},
    method::{
        MethodName,
        state_file::{StateReader, StateWriter},
    },
};
use burn::tensor::{Device, Tensor, TensorData};
use gstds_curate::guided::constants::NEVER;
use gstds_curate::label_graph::LabelGraph;

pub(super) struct State {
    device: Device,
    classes: usize,
    rows: usize,
    /// Steps observed.
    pub steps: u64,
    /// f32: the learner's accuracy on kept rows that it met for the first time, the running loss of
    /// each class, and the step at which each row was last kept, or [`NEVER`].
    pub values: Tensor<1>,
}

impl State {
    /// Before the first step, with an accuracy below any, which opens the gate.
    pub fn new(device: &Device, graph: &LabelGraph) -> Self {
        let (classes, rows) = (graph.classes, graph.labels.len());
        let mut values = vec![-1.0];
        values.resize(1 + classes, (classes as f32).ln());
        values.resize(1 + classes + rows, NEVER);
        let length = values.len();
        Self {
            device: device.clone(),
            classes,
            rows,
            steps: 0,
            values: Tensor::from_data(TensorData::new(values, [length]), device),
        }
    }

    /// The state after one more step.
    pub fn advance(&mut self, values: Tensor<1>) {
        self.values = values;
        self.steps += 1;
    }

    /// f32, 1.
    pub fn accuracy(&self) -> Tensor<1> {
        self.values.clone().slice_dim(0, 0..1)
    }

    /// The running loss by class.
    pub fn class_losses(&self) -> Tensor<1> {
        self.values.clone().slice_dim(0, 1..1 + self.classes)
    }

    /// The state as a safetensors file. Waits for the device.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let values = self.values.try_to_vec_as::<f32>();
        let values = values.map_err(|e| device_lost(&e))?;
        let (accuracy, rest) = values.split_at(1);
        let (class_losses, last) = rest.split_at(self.classes);
        let mut file = StateWriter::default();
        file.number(STEPS, self.steps);
        file.floats(LAST, last);
        file.floats(CLASS_LOSSES, class_losses);
        file.floats(ACCURACY, accuracy);
        Ok(file.finish())
    }

    /// Takes over what [`State::to_bytes`] wrote; the error says what does not fit.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        let file = StateReader::new(MethodName::Guided, bytes)?;
        let mut values = file.floats(ACCURACY, Some(1))?;
        values.extend(file.floats(CLASS_LOSSES, Some(self.classes))?);
        values.extend(file.floats(LAST, Some(self.rows))?);
        self.steps = file.number(STEPS)?;
        let length = values.len();
        self.values = Tensor::from_data(TensorData::new(values, [length]), &self.device);
        Ok(())
    }
}

const STEPS: &str = "steps";
const LAST: &str = "last";
const CLASS_LOSSES: &str = "class_losses";
const ACCURACY: &str = "accuracy";
