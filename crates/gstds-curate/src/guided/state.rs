//! What `guided` learns from training: when each row was last kept, the loss by class, and how
//! accurate the learner is on rows that are new to it.

use super::constants::{ACCURACY_RATE, CLASS_RATE, MEAN_STEPS, NEVER};
use crate::error::{Error, Result};

/// What a step trained on, with the learner as it was before its update: three lists of one length.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// Row numbers of the data set, each once.
    pub rows: &'a [u32],
    /// Cross entropy of each row's label in nats. A row whose loss is not finite is passed over,
    /// also for the accuracy.
    pub losses: &'a [f32],
    /// Whether the learner's likeliest class is the row's label.
    pub correct: &'a [bool],
}

/// The state of `guided`, of which a training that goes on needs all.
#[derive(Clone, Debug, PartialEq)]
pub struct GuidedState {
    /// Steps observed.
    pub steps: u64,
    /// Losses that were passed over.
    pub skipped: u64,
    /// The step at which each row was last kept, −1 for never.
    pub last: Vec<f32>,
    /// The running loss of each class.
    pub class_losses: Vec<f32>,
    /// The learner's running accuracy on kept rows that it met for the first time; −1 before any.
    pub accuracy: f32,
}

impl Observed<'_> {
    pub(super) fn check(&self, rows: usize) -> Result<()> {
        let wrong = |reason: String| Err(Error::Update { reason });
        let counts = [self.rows.len(), self.losses.len(), self.correct.len()];
        let [indices, losses, correct] = counts;
        if counts != [indices; 3] {
            return wrong(format!(
                "{indices} indices, {losses} losses and {correct} marks of what is correct; give one of each a row"
            ));
        }
        let mut sorted = self.rows.to_vec();
        sorted.sort_unstable();
        let Some(last) = sorted.last() else {
            return wrong("no row; give those of the batch that was trained on".into());
        };
        if *last as usize >= rows {
            let most = rows.saturating_sub(1);
            return wrong(format!("row {last}; there are rows 0 to {most}"));
        }
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => wrong(format!("row {} twice; give each once", pair[0])),
            None => Ok(()),
        }
    }
}

impl GuidedState {
    /// Before the first step, with an accuracy below any, which opens the gate.
    pub(super) fn new(rows: usize, classes: usize) -> Self {
        Self {
            steps: 0,
            skipped: 0,
            last: vec![NEVER; rows],
            class_losses: vec![(classes as f64).ln() as f32; classes],
            accuracy: -1.0,
        }
    }

    pub(super) fn check(&self, rows: usize, classes: usize) -> Result<()> {
        for (what, found, expected) in [
            ("rows", self.last.len(), rows),
            ("classes", self.class_losses.len(), classes),
        ] {
            if found != expected {
                return Err(Error::State {
                    what,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// Takes in a step that was checked; `labels` has one a row of the data set.
    pub(super) fn observe(&mut self, step: &Observed<'_>, labels: &[u16]) {
        self.observe_classes(step, labels);
        self.observe_accuracy(step);
        for row in step.rows {
            self.last[*row as usize] = self.steps as f32;
        }
        self.steps += 1;
    }

    fn observe_classes(&mut self, step: &Observed<'_>, labels: &[u16]) {
        let classes = self.class_losses.len();
        let (mut sums, mut counts) = (vec![0f32; classes], vec![0f32; classes]);
        for (row, loss) in step.rows.iter().zip(step.losses) {
            if !loss.is_finite() {
                self.skipped += 1;
                continue;
            }
            let class = usize::from(labels[*row as usize]);
            sums[class] += loss;
            counts[class] += 1.0;
        }
        for (class, running) in self.class_losses.iter_mut().enumerate() {
            if counts[class] > 0.0 {
                let mean = sums[class] / counts[class];
                *running = *running * (1.0 - CLASS_RATE) as f32 + mean * CLASS_RATE as f32;
            }
        }
    }

    fn observe_accuracy(&mut self, step: &Observed<'_>) {
        let (mut count, mut right) = (0f32, 0f32);
        for (at, row) in step.rows.iter().enumerate() {
            // What a learner says whose loss is not finite is no answer.
            if self.last[*row as usize] < 0.0 && step.losses[at].is_finite() {
                count += 1.0;
                right += f32::from(u8::from(step.correct[at]));
            }
        }
        let rate = match self.steps <= MEAN_STEPS {
            true => f32::from(u8::from(count > 0.0)) / (self.steps + 1) as f32,
            false => count * (ACCURACY_RATE / step.rows.len() as f64) as f32,
        };
        let accuracy = right / count.max(1.0);
        self.accuracy = self.accuracy * (-rate + 1.0) + accuracy * rate;
    }
}
