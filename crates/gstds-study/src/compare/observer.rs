//! Progress reports of a comparison.

use super::config::CompareConfig;
use crate::error::Error;
use gstds_train::method::MethodName;
use gstds_train::run::{RunProgress, Silent, Summary};
use std::path::PathBuf;

/// One run of a comparison.
#[derive(Clone, Debug)]
pub struct PlannedRun {
    /// Its method.
    pub method: MethodName,
    /// Its seed.
    pub seed: u64,
    /// Its number, from 1.
    pub number: usize,
    /// Runs of the comparison.
    pub of: usize,
    /// Its folder.
    pub folder: PathBuf,
}

/// An observer of a comparison. Every method has a default that does nothing.
pub trait CompareObserver {
    /// A pilot or a run begins; returns its observer.
    fn watch(&mut self, label: &str) -> Box<dyn RunProgress> {
        let _ = label;
        Box::new(Silent)
    }

    /// The share of each method is known.
    fn allotted(&mut self, config: &CompareConfig) {
        let _ = config;
    }

    /// A run diverged and is left out.
    fn failed(&mut self, run: &PlannedRun, error: &Error) {
        let _ = (run, error);
    }

    /// A warning.
    fn warn(&mut self, text: &str) {
        let _ = text;
    }

    /// A run ended; without a summary, it had ended in an earlier session.
    fn ended(&mut self, run: &PlannedRun, summary: Option<&Summary>) {
        let _ = (run, summary);
    }
}
