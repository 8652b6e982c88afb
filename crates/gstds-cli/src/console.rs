//! Lines on stderr, printed around the progress line.

use std::io::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::builder::styling::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// All progress lines of this process, so that other output can step around them.
static LINES: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Whether `--quiet` was given.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Prints only errors and warnings from now on.
pub(crate) fn silence() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether [`silence`] was called.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// A progress line that other output steps around.
pub(crate) fn progress_line() -> ProgressBar {
    LINES.add(ProgressBar::no_length())
}

/// Writes to stderr. A terminal that went away, or a full disk behind stderr, must not end the
/// work.
pub(crate) fn write(text: &[u8]) {
    LINES.suspend(|| {
        let _ = std::io::stderr().write_all(text);
    });
}

/// Prints a line that `--quiet` leaves out.
pub(crate) fn info(line: &str) {
    if !is_quiet() {
        write(format!("{line}\n").as_bytes());
    }
}

/// Prints a warning, also under `--quiet`.
pub(crate) fn warn(line: &str) {
    labelled(WARNING, "warning:", line);
}

/// Prints an error.
pub(crate) fn error(line: &str) {
    labelled(ERROR, "error:", line);
}

/// Prints a line behind a label, in colour on terminals unless NO_COLOR is set.
fn labelled(style: Style, label: &str, line: &str) {
    LINES.suspend(|| {
        let _ = writeln!(anstream::stderr(), "{style}{label}{style:#} {line}");
    });
}
