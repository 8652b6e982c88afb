//! Ctrl-C and SIGTERM: each asks a run under way to stop with a checkpoint, ends a selection with a
//! sentence while nothing is written, and at any other time ends the process.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::console;

/// The signals and the exit codes of runs that they stop: 128 plus the signal's number, as shells
/// and job schedulers expect.
const SIGNALS: [(i32, u8); 2] = [(SIGINT, 130), (SIGTERM, 143)];

/// From a signal to the sentence, at most.
const PATIENCE: Duration = Duration::from_millis(20);

/// The state that the signal handlers set.
struct Heard {
    /// Whether the next one ends the process: while nothing polls for it, and after the first one.
    at_once: Arc<AtomicBool>,
    /// The exit code of the last one.
    code: Arc<AtomicUsize>,
    /// Whether something polls.
    asking: AtomicBool,
}

impl Heard {
    fn new() -> Self {
        Self {
            at_once: Arc::new(AtomicBool::new(true)),
            code: Arc::new(AtomicUsize::new(SIGNALS[0].1.into())),
            asking: AtomicBool::new(false),
        }
    }

    fn asked(&self) -> bool {
        match self.asking.swap(true, Ordering::Relaxed) {
            true => self.at_once.load(Ordering::Relaxed),
            false => {
                self.at_once.store(false, Ordering::Relaxed);
                false
            }
        }
    }

    fn hand_back(&self) -> bool {
        let asking = self.asking.swap(false, Ordering::Relaxed);
        self.at_once.swap(true, Ordering::Relaxed) && asking
    }
}

static HEARD: OnceLock<Heard> = OnceLock::new();

/// Handles both signals for runs. Where the system refuses, they keep ending the process.
pub(crate) fn listen() {
    let heard = Heard::new();
    let taken = SIGNALS.iter().all(|&(signal, code)| {
        let (at_once, last) = (heard.at_once.clone(), heard.code.clone());
        // In this order: the first signal after `asked` finds the flag down, and raises it.
        flag::register_conditional_shutdown(signal, code.into(), at_once.clone()).is_ok()
            && flag::register_usize(signal, last, code.into()).is_ok()
            && flag::register(signal, at_once).is_ok()
    });
    if taken {
        let _ = HEARD.set(heard);
    }
}

/// Whether there was a signal since the first time that this was asked, or the first since
/// [`hand_back`].
pub(crate) fn asked() -> bool {
    HEARD.get().is_some_and(Heard::asked)
}

/// Lets the next signal end the process again. Returns whether there was one that [`asked`] has not
/// reported.
pub(crate) fn hand_back() -> bool {
    HEARD.get().is_some_and(Heard::hand_back)
}

/// Until it is dropped, a signal ends the process at once, with a sentence.
pub(crate) struct Watch {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Starts to watch for signals. Afterwards [`asked`] tells of them, as if it had been asked before.
pub(crate) fn watch(sentence: &'static str) -> Watch {
    listen();
    asked();
    let done = Arc::new(AtomicBool::new(false));
    let ended = done.clone();
    let thread = std::thread::spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            if asked() {
                console::error(sentence);
                // Without the driver's clean-up, which waits for work that is under way.
                signal_hook::low_level::exit(code().into());
            }
            std::thread::sleep(PATIENCE);
        }
    });
    Watch {
        done,
        thread: Some(thread),
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It panics nowhere; what it would say has no place to go.
            let _ = thread.join();
        }
    }
}

/// The exit code of a stopped run: that of its signal.
pub(crate) fn code() -> u8 {
    let last = HEARD.get().map(|heard| heard.code.load(Ordering::Relaxed));
    last.and_then(|code| code.try_into().ok())
        .unwrap_or(SIGNALS[0].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_asked_after_or_ends_the_process() {
        let heard = Heard::new();
        let ends = || heard.at_once.load(Ordering::Relaxed);
        let signal = || heard.at_once.store(true, Ordering::Relaxed);
        assert!(ends() && !heard.hand_back());
        assert!(!heard.asked() && !ends());
        assert!(!heard.hand_back() && ends());
        assert!(!heard.asked() && !ends());
        signal();
        assert!(heard.asked() && ends());
        assert!(heard.hand_back() && ends());
    }
}
