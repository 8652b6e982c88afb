//! Workspaces by shape, so that a training loop allocates once.

use crate::Result;
use gstds::{Batch, Selector, Shape};
use std::sync::{Arc, Mutex, PoisonError};

/// Shapes kept at once: a full batch, a last batch, and room for a second pool size or two. A
/// workspace for 4096 rows holds 64 MiB, so the oldest goes when a fifth comes.
const MOST: usize = 4;

/// Most recently used last.
#[derive(Debug, Default)]
pub(crate) struct Workspaces {
    batches: Mutex<Vec<(Shape, Arc<Mutex<Batch>>)>>,
}

impl Workspaces {
    /// The workspace of a shape, made on first use.
    pub(crate) fn get(&self, selector: &Selector, shape: Shape) -> Result<Arc<Mutex<Batch>>> {
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match batches.iter().position(|(known, _)| *known == shape) {
            Some(place) => batches.remove(place),
            None => (shape, Arc::new(Mutex::new(selector.prepare(shape)?))),
        };
        let batch = entry.1.clone();
        batches.push(entry);
        if batches.len() > MOST {
            // Work already submitted keeps its buffers alive until it has run.
            batches.remove(0);
        }
        Ok(batch)
    }
}
