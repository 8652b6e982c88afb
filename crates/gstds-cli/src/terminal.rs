//! Progress on the terminal: one line that is redrawn, and lines that stay.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use crate::console;
use gstds_data::Progress;
use indicatif::{ProgressBar, ProgressStyle};

#[cfg(feature = "train")]
mod run;

/// The progress of one command or run on standard error: a line cut to the terminal's width, and
/// only warnings where standard error is not a terminal.
#[derive(Debug)]
pub(crate) struct Terminal {
    line: Option<ProgressBar>,
    #[cfg_attr(not(feature = "train"), expect(dead_code))]
    label: String,
    /// The job under way and when it was first reported.
    job: Option<(&'static str, Instant)>,
    /// The last line that a finished job left, which one more report of its end would repeat.
    finished: Option<(&'static str, usize)>,
    #[cfg_attr(not(feature = "train"), expect(dead_code))]
    stop: fn() -> bool,
}

impl Terminal {
    /// Shows what happens under this label.
    pub(crate) fn stderr(label: &str) -> Self {
        let shown = std::io::stderr().is_terminal() && !console::is_quiet();
        let line = shown.then(|| {
            let style = ProgressStyle::with_template("{wide_msg}");
            let line = console::progress_line();
            match style {
                Ok(style) => line.with_style(style),
                Err(_) => line,
            }
        });
        Self {
            line,
            label: label.into(),
            job: None,
            finished: None,
            stop: || false,
        }
    }

    /// Redraws the line.
    fn redraw(&self, text: String) {
        if let Some(line) = &self.line {
            line.set_message(text);
            line.tick();
        }
    }

    /// Leaves a line behind and clears the one that is redrawn.
    fn leave(&self, text: &str) {
        if let Some(line) = &self.line {
            line.set_message("");
            line.println(text);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}

impl Progress for Terminal {
    fn note(&mut self, text: &str) {
        self.leave(text);
    }

    fn warn(&mut self, text: &str) {
        console::warn(text);
    }

    fn job(&mut self, items: &'static str, done: usize, total: usize) {
        let begun = match self.job {
            Some((same, begun)) if same == items => Some(begun),
            _ => None,
        };
        if done < total {
            let begun = begun.unwrap_or_else(Instant::now);
            self.job = Some((items, begun));
            self.redraw(job_line(items, done, total, Some(begun.elapsed())));
        } else if begun.is_some() || self.finished != Some((items, total)) {
            (self.job, self.finished) = (None, Some((items, total)));
            let elapsed = begun.map(|begun| begun.elapsed());
            self.leave(&job_line(items, done, total, elapsed));
        }
    }
}

/// One line about a job; without a rate where its end is the first that was reported.
fn job_line(what: &str, done: usize, total: usize, elapsed: Option<Duration>) -> String {
    let Some(elapsed) = elapsed else {
        return format!("{what} {done}/{total}");
    };
    // A job is named by what it counts.
    let unit = what.split(' ').next().unwrap_or(what);
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-9);
    let line = format!("{what} {done}/{total}  {rate:.0} {unit}/s");
    let left = elapsed.mul_f64((total - done.min(total)) as f64 / done.max(1) as f64);
    match done < total {
        true => format!("{line}  {} left", clock(left)),
        false => line,
    }
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
    fn a_job_shows_its_rate_and_the_time_left() {
        let half_a_minute = Some(Duration::from_secs(30));
        assert_eq!(
            job_line("images decoded", 600, 1800, half_a_minute),
            "images decoded 600/1800  20 images/s  1:00 left"
        );
        assert_eq!(
            job_line("images decoded", 1800, 1800, half_a_minute),
            "images decoded 1800/1800  60 images/s"
        );
        assert_eq!(
            job_line("rows read", 600, 600, half_a_minute),
            "rows read 600/600  20 rows/s"
        );
        assert_eq!(
            job_line("probes fitted", 5, 5, half_a_minute),
            "probes fitted 5/5  0 probes/s"
        );
        assert_eq!(job_line("rows read", 600, 600, None), "rows read 600/600");
        assert!(job_line("x", 0, 5, Some(Duration::ZERO)).contains("0/5"));
    }
}
