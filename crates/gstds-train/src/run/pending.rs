//! Results on their way from the device, waited for only when they are due.

use crate::error::{Error, Result};
use burn::tensor::{ExecutionError, TensorData, Transaction};
use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

type Read = Pin<Box<dyn Future<Output = Result<Vec<TensorData>, ExecutionError>>>>;

/// Tensors whose copy to the host has been queued behind the work that makes them.
pub(crate) struct Pending {
    read: Read,
    data: Option<Result<Vec<TensorData>, ExecutionError>>,
}

impl Pending {
    /// Queues the copies and returns at once.
    pub(crate) fn start(transaction: Transaction) -> Self {
        let mut pending = Self {
            read: Box::pin(transaction.execute_async()),
            data: None,
        };
        // A future does nothing before its first poll, which is what queues the copies.
        pending.has_arrived();
        pending
    }

    /// Whether [`Pending::finish`] would not wait. Never waits itself.
    pub(crate) fn has_arrived(&mut self) -> bool {
        if self.data.is_none() {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(data) = self.read.as_mut().poll(&mut context) {
                self.data = Some(data);
            }
        }
        self.data.is_some()
    }

    /// The tensors, in the order of their registration; waits if they are not here yet.
    pub(crate) fn finish(self) -> Result<Vec<TensorData>> {
        let data = match self.data {
            Some(data) => data,
            None => pollster::block_on(self.read),
        };
        data.map_err(|e| lost(&e))
    }
}

pub(crate) fn lost(reason: &impl ToString) -> Error {
    Error::DeviceLost {
        reason: reason.to_string(),
    }
}
