//! What comes back from the device during a run: loss, accuracy, status, kept rows; always late.
//!
//! Steps take what has arrived and wait for nothing; the end of an epoch waits for the rest.

use super::{folder::RunFolder, pending::Pending};
use crate::error::{Error, Result};
use burn::tensor::{Int, Tensor, TensorData, Transaction};
use gstds_burn::Picked;
use serde::Serialize;
use std::collections::VecDeque;

/// Words of a status on the device.
const STATUS_WORDS: usize = size_of::<gstds::Status>() / 4;

/// What one step leaves on the device.
pub(crate) struct StepTensors {
    pub step: usize,
    pub epoch: usize,
    pub rate: f64,
    pub seen: usize,
    pub kept: usize,
    pub loss: Tensor<1>,
    pub right: Tensor<1, Int>,
    pub status: Option<Tensor<1, Int>>,
}

/// A line of `metrics.jsonl`.
#[derive(Clone, Debug, Serialize)]
struct StepLine {
    kind: &'static str,
    step: usize,
    epoch: usize,
    learning_rate: f64,
    seen: usize,
    kept: usize,
    loss: f64,
    accuracy: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    selection: Option<SelectionLine>,
}

/// The parts of [`gstds::Status`] that say how a selection went.
#[derive(Clone, Debug, Serialize)]
struct SelectionLine {
    lambda2: f32,
    residual: f32,
    steps: u32,
    valid: u32,
    flags: String,
}

/// Readings on their way, oldest first, and the last that arrived.
pub(crate) struct Readings {
    pending: VecDeque<(StepLine, Pending)>,
    last: Option<(f64, f64)>,
    /// Rows kept in this epoch's steps, where they are to be written.
    kept: Option<Vec<Tensor<1, Int>>>,
    /// Those of its earlier steps, where a checkpoint has read them.
    kept_before: Vec<Vec<i32>>,
    /// Statuses of this epoch's selections, read or not.
    statuses: Vec<Tensor<1, Int>>,
    /// Whether an invalid row is an error.
    strict: bool,
}

impl Readings {
    pub(crate) fn new(with_kept_rows: bool, strict: bool) -> Self {
        Self {
            pending: VecDeque::new(),
            last: None,
            kept: with_kept_rows.then(Vec::new),
            kept_before: Vec::new(),
            statuses: Vec::new(),
            strict,
        }
    }

    /// Loss and accuracy of the last step that was read.
    pub(crate) fn last(&self) -> (Option<f64>, Option<f64>) {
        self.last.map_or((None, None), |(loss, accuracy)| {
            (Some(loss), Some(accuracy))
        })
    }

    /// Notes the rows of a step, and the status of their selection.
    pub(crate) fn keep(&mut self, rows: &Tensor<1, Int>, status: Option<&Tensor<1, Int>>) {
        if let Some(kept) = &mut self.kept {
            kept.push(rows.clone());
        }
        self.statuses.extend(status.cloned());
    }

    /// Queues the reading of a step.
    pub(crate) fn start(&mut self, tensors: StepTensors) {
        let line = StepLine {
            kind: "step",
            step: tensors.step,
            epoch: tensors.epoch,
            learning_rate: tensors.rate,
            seen: tensors.seen,
            kept: tensors.kept,
            loss: f64::NAN,
            accuracy: f64::NAN,
            selection: None,
        };
        let mut read = Transaction::default()
            .register(tensors.loss)
            .register(tensors.right);
        if let Some(status) = tensors.status {
            read = read.register(status);
        }
        self.pending.push_back((line, Pending::start(read)));
    }

    /// Writes the lines of the readings that have arrived, in their order; waits for none.
    pub(crate) fn take_arrived(&mut self, mut folder: Option<&mut RunFolder>) -> Result<()> {
        while self
            .pending
            .front_mut()
            .is_some_and(|(_, p)| p.has_arrived())
        {
            self.take_oldest(folder.as_deref_mut())?;
        }
        Ok(())
    }

    /// Ends an epoch: waits for its readings, writes their lines, and looks at the status of
    /// every selection, read before or not.
    pub(crate) fn finish(&mut self, mut folder: Option<&mut RunFolder>) -> Result<()> {
        while !self.pending.is_empty() {
            self.take_oldest(folder.as_deref_mut())?;
        }
        let statuses = std::mem::take(&mut self.statuses);
        if statuses.is_empty() {
            return Ok(());
        }
        let all = Transaction::default().register(Tensor::cat(statuses, 0));
        for data in Pending::start(all).finish()? {
            let all: Vec<i32> = data.iter::<i32>().collect();
            for status in all.chunks(STATUS_WORDS) {
                Picked::status_from_words(status, self.strict).map_err(Error::Gpu)?;
            }
        }
        Ok(())
    }

    fn take_oldest(&mut self, folder: Option<&mut RunFolder>) -> Result<()> {
        let Some((mut line, pending)) = self.pending.pop_front() else {
            return Ok(());
        };
        let mut data = pending.finish()?.into_iter();
        line.loss = data
            .next()
            .and_then(|d| first::<f32>(&d))
            .map_or(f64::NAN, f64::from);
        let right = data
            .next()
            .and_then(|d| first::<i32>(&d))
            .map_or(f64::NAN, f64::from);
        line.accuracy = right / line.kept as f64;
        if let Some(words) = data.next() {
            line.selection = Some(selection(&words, self.strict)?);
        }
        if !line.loss.is_finite() {
            return Err(Error::Diverged {
                step: line.step,
                loss: line.loss,
                learning_rate: line.learning_rate,
            });
        }
        self.last = Some((line.loss, line.accuracy));
        match folder {
            Some(folder) => folder.append(&line),
            None => Ok(()),
        }
    }

    /// Rows kept since the epoch began, step by step. Waits for them.
    pub(crate) fn kept_so_far(&mut self) -> Result<&[Vec<i32>]> {
        let kept = self.kept.as_mut().map(std::mem::take).unwrap_or_default();
        if !kept.is_empty() {
            let lengths: Vec<usize> = kept.iter().map(|rows| rows.dims()[0]).collect();
            let all = Transaction::default().register(Tensor::cat(kept, 0));
            let all = Pending::start(all).finish()?;
            let mut rows = all
                .into_iter()
                .flat_map(|data| data.iter::<i32>().collect::<Vec<_>>());
            let steps = lengths
                .into_iter()
                .map(|length| rows.by_ref().take(length).collect());
            self.kept_before.extend(steps);
        }
        Ok(&self.kept_before)
    }

    /// Goes on in an epoch whose earlier steps kept these rows.
    pub(crate) fn resume_kept(&mut self, kept: Vec<Vec<i32>>) {
        self.kept_before = kept;
    }

    /// Writes the rows kept in an epoch, step by step: `kept/epoch-001.json`. Waits for them, and
    /// gives them.
    pub(crate) fn write_kept(
        &mut self,
        folder: Option<&RunFolder>,
        epoch: usize,
    ) -> Result<Vec<Vec<i32>>> {
        self.kept_so_far()?;
        let kept = std::mem::take(&mut self.kept_before);
        if let Some(folder) = folder.filter(|_| !kept.is_empty()) {
            folder.write_json(&format!("kept/epoch-{:03}.json", epoch + 1), &kept)?;
        }
        Ok(kept)
    }
}

fn first<E: burn::tensor::Element>(data: &TensorData) -> Option<E> {
    data.iter::<E>().next()
}

fn selection(words: &TensorData, strict: bool) -> Result<SelectionLine> {
    let words: Vec<i32> = words.iter::<i32>().collect();
    let status = Picked::status_from_words(&words, strict).map_err(Error::Gpu)?;
    Ok(SelectionLine {
        lambda2: status.lambda2,
        residual: status.residual,
        steps: status.steps,
        valid: status.valid,
        flags: status.flags().to_string(),
    })
}
