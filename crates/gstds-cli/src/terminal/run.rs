//! The progress of a training run: a line that is redrawn at each step, and one that stays per
//! epoch.

use gstds_train::run::{EpochReport, RunProgress, StepReport};

use super::{Terminal, clock};

impl Terminal {
    /// The same, with a function that decides whether the run should stop; see
    /// [`RunProgress::stop`].
    pub(crate) fn stopped_by(mut self, stop: fn() -> bool) -> Self {
        self.stop = stop;
        self
    }
}

impl RunProgress for Terminal {
    fn step(&mut self, report: &StepReport) {
        self.redraw(step_line(&self.label, report));
    }

    fn stop(&mut self) -> bool {
        (self.stop)()
    }

    fn epoch(&mut self, report: &EpochReport) {
        self.leave(&epoch_line(&self.label, report));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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
