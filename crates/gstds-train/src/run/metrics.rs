//! What is read back from the device during a run: loss, accuracy, status and kept rows.
//!
//! Reads are asynchronous: steps take what has arrived and never wait; the end of an epoch
//! waits for the rest.

pub(super) mod async_read;
mod records;

pub(super) use records::EpochRecord;

use super::folder::RunFolder;
use crate::error::{Error, Result};
use async_read::AsyncRead;
use burn::tensor::{Int, Tensor, TensorData, Transaction};
use gstds_burn::Picked;
use records::{GuideRecord, SelectionRecord, StepRecord};
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
    pub correct: Tensor<1, Int>,
    pub guide: Option<Tensor<1>>,
    pub status: Option<Tensor<1, Int>>,
}

/// Loss and accuracy of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepMetrics {
    pub loss: f64,
    pub accuracy: f64,
}

/// The reads under way, oldest first, and the metrics of the last that arrived.
pub(crate) struct Metrics {
    reads: VecDeque<StepRead>,
    last: Option<StepMetrics>,
    /// Rows kept in this epoch's steps, where they are written.
    kept: Option<Vec<Tensor<1, Int>>>,
    /// Those of earlier steps of the epoch, which a checkpoint has read.
    kept_before: Vec<Vec<i32>>,
    /// Statuses of this epoch's selections, read or not.
    statuses: Vec<Tensor<1, Int>>,
    /// Whether an invalid row is an error.
    strict: bool,
}

/// A step whose tensors are being read; the record lacks them.
struct StepRead {
    record: StepRecord,
    /// Whether the terms of `guided`'s scores come last.
    guided: bool,
    read: AsyncRead,
}

impl Metrics {
    pub(crate) fn new(with_kept_rows: bool, strict: bool) -> Self {
        Self {
            reads: VecDeque::new(),
            last: None,
            kept: with_kept_rows.then(Vec::new),
            kept_before: Vec::new(),
            statuses: Vec::new(),
            strict,
        }
    }

    /// Those of the last step that was read.
    pub(crate) fn last(&self) -> Option<StepMetrics> {
        self.last
    }

    /// Records the rows of a step, and the status of their selection.
    pub(crate) fn keep(&mut self, rows: &Tensor<1, Int>, status: Option<&Tensor<1, Int>>) {
        if let Some(kept) = &mut self.kept {
            kept.push(rows.clone());
        }
        self.statuses.extend(status.cloned());
    }

    /// Queues the read of a step.
    pub(crate) fn start(&mut self, tensors: StepTensors) {
        let record = StepRecord {
            kind: "step",
            step: tensors.step,
            epoch: tensors.epoch,
            learning_rate: tensors.rate,
            seen: tensors.seen,
            kept: tensors.kept,
            loss: f64::NAN,
            accuracy: f64::NAN,
            selection: None,
            guide: None,
        };
        let guided = tensors.guide.is_some();
        let mut read = Transaction::default()
            .register(tensors.loss)
            .register(tensors.correct);
        if let Some(status) = tensors.status {
            read = read.register(status);
        }
        if let Some(guide) = tensors.guide {
            read = read.register(guide);
        }
        let read = AsyncRead::start(read);
        self.reads.push_back(StepRead {
            record,
            guided,
            read,
        });
    }

    /// Writes the lines of the reads that have arrived, in order; waits for none.
    pub(crate) fn take_arrived(&mut self, mut folder: Option<&mut RunFolder>) -> Result<()> {
        let arrived = |step: &mut StepRead| step.read.has_arrived();
        while self.reads.front_mut().is_some_and(arrived) {
            self.take_oldest(folder.as_deref_mut())?;
        }
        Ok(())
    }

    /// Waits for all reads, writes their lines, and checks the status of every selection since the
    /// last call.
    pub(crate) fn finish(&mut self, mut folder: Option<&mut RunFolder>) -> Result<()> {
        while !self.reads.is_empty() {
            self.take_oldest(folder.as_deref_mut())?;
        }
        let statuses = std::mem::take(&mut self.statuses);
        if statuses.is_empty() {
            return Ok(());
        }
        let all = Transaction::default().register(Tensor::cat(statuses, 0));
        for data in AsyncRead::start(all).finish()? {
            let all: Vec<i32> = data.iter::<i32>().collect();
            for status in all.chunks(STATUS_WORDS) {
                Picked::status_from_words(status, self.strict).map_err(Error::Gpu)?;
            }
        }
        Ok(())
    }

    fn take_oldest(&mut self, folder: Option<&mut RunFolder>) -> Result<()> {
        let Some(step) = self.reads.pop_front() else {
            return Ok(());
        };
        let (mut record, mut data) = (step.record, step.read.finish()?);
        if step.guided {
            record.guide = data.pop().map(|values| GuideRecord::new(&values));
        }
        let mut data = data.into_iter();
        let loss = data.next().and_then(|d| d.iter::<f32>().next());
        let correct = data.next().and_then(|d| d.iter::<i32>().next());
        record.loss = loss.map_or(f64::NAN, f64::from);
        record.accuracy = correct.map_or(f64::NAN, f64::from) / record.kept as f64;
        if let Some(words) = data.next() {
            record.selection = Some(selection(&words, self.strict)?);
        }
        if !record.loss.is_finite() {
            return Err(Error::Diverged {
                step: record.step,
                loss: record.loss,
                learning_rate: record.learning_rate,
            });
        }
        self.last = Some(StepMetrics {
            loss: record.loss,
            accuracy: record.accuracy,
        });
        match folder {
            Some(folder) => folder.append(&record),
            None => Ok(()),
        }
    }

    /// Rows kept since the epoch began, step by step. Waits for them.
    pub(crate) fn kept_so_far(&mut self) -> Result<&[Vec<i32>]> {
        let kept = self.kept.as_mut().map(std::mem::take).unwrap_or_default();
        if !kept.is_empty() {
            let lengths: Vec<usize> = kept.iter().map(|rows| rows.dims()[0]).collect();
            let all = Transaction::default().register(Tensor::cat(kept, 0));
            let all = AsyncRead::start(all).finish()?;
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

    /// Resumes an epoch whose earlier steps kept these rows.
    pub(crate) fn resume_kept(&mut self, kept: Vec<Vec<i32>>) {
        self.kept_before = kept;
    }

    /// Writes the rows kept in an epoch, step by step, to `kept/epoch-001.json`, and returns them.
    /// Waits for them.
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

fn selection(words: &TensorData, strict: bool) -> Result<SelectionRecord> {
    let words: Vec<i32> = words.iter::<i32>().collect();
    let status = Picked::status_from_words(&words, strict).map_err(Error::Gpu)?;
    Ok(SelectionRecord::from(&status))
}
