//! Asynchronous reads of tensors.

use crate::error::{Result, device_lost};
use burn::tensor::{ExecutionError, TensorData, Transaction};
use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

type ReadFuture = Pin<Box<dyn Future<Output = Result<Vec<TensorData>, ExecutionError>>>>;

/// Tensors whose copy to the host has been queued behind the work that makes them.
pub(crate) struct AsyncRead {
    read: ReadFuture,
    data: Option<Result<Vec<TensorData>, ExecutionError>>,
}

impl AsyncRead {
    /// Queues the copies and returns at once.
    pub(crate) fn start(transaction: Transaction) -> Self {
        let mut read = Self {
            read: Box::pin(transaction.execute_async()),
            data: None,
        };
        // A future does nothing before its first poll, which is what queues the copies.
        read.has_arrived();
        read
    }

    /// Whether [`AsyncRead::finish`] would not wait. Never waits itself.
    pub(crate) fn has_arrived(&mut self) -> bool {
        if self.data.is_none() {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(data) = self.read.as_mut().poll(&mut context) {
                self.data = Some(data);
            }
        }
        self.data.is_some()
    }

    /// The tensors, in the order of their registration; waits until they have arrived.
    pub(crate) fn finish(self) -> Result<Vec<TensorData>> {
        let data = match self.data {
            Some(data) => data,
            None => pollster::block_on(self.read),
        };
        data.map_err(|e| device_lost(&e))
    }
}
