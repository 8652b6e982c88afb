//! What a run tells while it goes on.

use super::summary::Summary;
use gstds_data::{Progress, Silent};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// After each step. Loss and accuracy are those of an earlier step: the last whose reading has
/// arrived, which depends on the device's pace.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Steps begun.
    pub step: usize,
    /// Steps of the whole run.
    pub steps: usize,
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs of the whole run.
    pub epochs: usize,
    /// Mean loss over the kept rows of the last step read.
    pub loss: Option<f64>,
    /// Share of those rows classified right.
    pub accuracy: Option<f64>,
    /// Share of this batch that was kept.
    pub kept_share: f64,
    /// Images seen a second, selected or not, since the run began.
    pub images_per_second: f64,
    /// Time left at the pace so far.
    pub left: Duration,
}

/// After each epoch.
#[derive(Clone, Debug, Serialize)]
pub struct EpochReport {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs of the whole run.
    pub epochs: usize,
    /// Share of test images classified right.
    pub test_accuracy: f64,
    /// Keep ratio of the epoch's schedule.
    pub keep_ratio: f64,
    /// Time since the run began.
    pub elapsed: Duration,
}

/// An observer of a run. Every method may be left out.
pub trait RunProgress: Progress {
    /// A step was queued.
    fn step(&mut self, report: &StepReport) {
        let _ = report;
    }

    /// An epoch was evaluated.
    fn epoch(&mut self, report: &EpochReport) {
        let _ = report;
    }

    /// Asked before the first step and after each: true ends the run with a checkpoint, see
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    fn stop(&mut self) -> bool {
        false
    }

    /// The run has ended.
    fn finished(&mut self, summary: &Summary) {
        let _ = summary;
    }
}

impl RunProgress for Silent {}

/// One line on a terminal that is written over, and one a finished epoch; nothing but warnings where
/// standard error is no terminal.
#[derive(Debug)]
pub struct Terminal {
    shown: bool,
    label: String,
    /// Columns of the line that is there, to be cleared.
    width: usize,
    /// The job before the run that is under way, and when it was first heard of.
    job: Option<(&'static str, Instant)>,
    stop: fn() -> bool,
}

/// Whether terminals of this process keep to warnings.
static HUSHED: AtomicBool = AtomicBool::new(false);

impl Terminal {
    /// From now on those that are made in this process show nothing but warnings, as a program's
    /// `--quiet` asks for.
    pub fn hush() {
        HUSHED.store(true, Ordering::Relaxed);
    }

    /// Whether [`hush`](Self::hush) was called.
    #[must_use]
    pub fn is_hushed() -> bool {
        HUSHED.load(Ordering::Relaxed)
    }

    /// Shows a run on standard error under this label.
    #[must_use]
    pub fn stderr(label: &str) -> Self {
        Self {
            shown: std::io::stderr().is_terminal() && !Self::is_hushed(),
            label: label.into(),
            width: 0,
            job: None,
            stop: || false,
        }
    }

    /// The same, with something to ask whether the run should stop; see [`RunProgress::stop`].
    #[must_use]
    pub fn stopped_by(self, stop: fn() -> bool) -> Self {
        Self { stop, ..self }
    }

    fn over(&mut self, text: &str, end: &str) {
        if !self.shown {
            return;
        }
        let columns = text.chars().count();
        let clear = " ".repeat(self.width.saturating_sub(columns));
        // A terminal that went away must not end the training.
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "\r{text}{clear}{end}");
        let _ = stderr.flush();
        self.width = if end.is_empty() { columns } else { 0 };
    }
}

impl Progress for Terminal {
    fn note(&mut self, text: &str) {
        self.over(text, "\n");
    }

    fn warn(&mut self, text: &str) {
        let text = format!("warning: {text}");
        if self.shown {
            self.over(&text, "\n");
        } else {
            // A terminal that went away must not end the training.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    fn job(&mut self, items: &'static str, done: usize, total: usize) {
        let begun = match self.job {
            Some((same, begun)) if same == items => begun,
            _ => Instant::now(),
        };
        self.job = (done < total).then_some((items, begun));
        let end = if done < total { "" } else { "\n" };
        self.over(&job_line(items, done, total, begun.elapsed()), end);
    }
}

impl RunProgress for Terminal {
    fn step(&mut self, report: &StepReport) {
        self.over(&step_line(&self.label, report), "");
    }

    fn stop(&mut self) -> bool {
        (self.stop)()
    }

    fn epoch(&mut self, report: &EpochReport) {
        self.over(&epoch_line(&self.label, report), "\n");
    }
}

fn job_line(what: &str, done: usize, total: usize, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-9);
    let left = elapsed.mul_f64((total - done.min(total)) as f64 / done.max(1) as f64);
    match done < total {
        true => format!(
            "{what} {done}/{total}  {rate:.0} images/s  {} left",
            clock(left)
        ),
        false => format!("{what} {done}/{total}  {rate:.0} images/s"),
    }
}

fn step_line(label: &str, report: &StepReport) -> String {
    let read = match (report.loss, report.accuracy) {
        (Some(loss), Some(accuracy)) => {
            format!("loss {loss:.3}  accuracy {:>3.0} %", accuracy * 100.0)
        }
        _ => "loss ...  accuracy ...".into(),
    };
    format!(
        "{label} {:>4}/{}  {read}  kept {:.0} %  {:.0} images/s  {} left",
        report.step,
        report.steps,
        report.kept_share * 100.0,
        report.images_per_second,
        clock(report.left),
    )
}

fn epoch_line(label: &str, report: &EpochReport) -> String {
    format!(
        "{label} epoch {:>2}/{}  test accuracy {:.1} %  kept {:.0} %  {}",
        report.epoch,
        report.epochs,
        report.test_accuracy * 100.0,
        report.keep_ratio * 100.0,
        clock(report.elapsed),
    )
}

/// Minutes and seconds, with hours where there are any.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_shows_all_that_is_known() {
        let mut report = StepReport {
            step: 7,
            steps: 240,
            epoch: 1,
            epochs: 12,
            loss: None,
            accuracy: None,
            kept_share: 0.25,
            images_per_second: 903.4,
            left: Duration::from_secs(3725),
        };
        assert!(step_line("gstds", &report).contains("loss ..."));
        report.loss = Some(1.2345);
        report.accuracy = Some(0.5);
        let line = step_line("gstds", &report);
        let parts = [
            "7/240",
            "1.23",
            "50 %",
            "kept 25 %",
            "903 images/s",
            "1:02:05 left",
        ];
        for part in parts {
            assert!(line.contains(part), "{line}");
        }
    }

    #[test]
    fn a_job_shows_its_rate_and_the_time_left() {
        let half_a_minute = Duration::from_secs(30);
        assert_eq!(
            job_line("images decoded", 600, 1800, half_a_minute),
            "images decoded 600/1800  20 images/s  1:00 left"
        );
        assert_eq!(
            job_line("images decoded", 1800, 1800, half_a_minute),
            "images decoded 1800/1800  60 images/s"
        );
        assert!(job_line("x", 0, 5, Duration::ZERO).contains("0/5"));
    }

    #[test]
    fn an_epoch_shows_its_test_accuracy() {
        let report = EpochReport {
            epoch: 2,
            epochs: 12,
            test_accuracy: 0.8125,
            keep_ratio: 0.25,
            elapsed: Duration::from_secs(61),
        };
        let line = epoch_line("random", &report);
        assert!(line.contains("81.2 %") && line.ends_with("1:01"), "{line}");
    }
}
