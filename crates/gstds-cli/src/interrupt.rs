//! Ctrl-C: asks a run under way to stop with a checkpoint; at any other time it ends the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::{consts::SIGINT, flag};

/// The exit code of a run that was stopped by Ctrl-C: 128 and the signal's number, as shells have it.
pub(crate) const CODE: u8 = 130;

/// Whether Ctrl-C, pressed now, ends the process: while nothing asks for it, and once it was
/// pressed before.
static AT_ONCE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Takes Ctrl-C over for runs. Where the system refuses, Ctrl-C goes on to end the process.
pub(crate) fn listen() {
    let at_once = Arc::new(AtomicBool::new(true));
    let ends = flag::register_conditional_shutdown(SIGINT, CODE.into(), at_once.clone());
    // In this order: the first press after `asked` finds the flag down, and raises it.
    if ends.is_ok() && flag::register(SIGINT, at_once.clone()).is_ok() {
        let _ = AT_ONCE.set(at_once);
    }
}

/// Whether Ctrl-C was pressed since the first time that this was asked.
pub(crate) fn asked() -> bool {
    static BEFORE: AtomicBool = AtomicBool::new(false);
    let Some(at_once) = AT_ONCE.get() else {
        return false;
    };
    match BEFORE.swap(true, Ordering::Relaxed) {
        true => at_once.load(Ordering::Relaxed),
        false => {
            at_once.store(false, Ordering::Relaxed);
            false
        }
    }
}
