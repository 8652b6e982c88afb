//! A thread that reads the next batches of an epoch while the device works on earlier ones.

use super::source::ImageSource;
use crate::error::{Error, Result};
use std::{
    panic,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

/// Batches read ahead at most; another is being read.
pub(crate) const BATCHES_AHEAD: usize = 3;

/// The thread's name, as debuggers show it.
pub(crate) const THREAD_NAME: &str = "gstds images";

/// An epoch's batches, read ahead from disk. Dropping it ends the thread after the batch that it
/// is reading.
#[derive(Debug)]
pub(crate) struct Stream {
    /// None once dropped, which ends the thread.
    batches: Option<Receiver<Result<Vec<u8>>>>,
    /// Takes buffers back, to be filled again.
    spent: Sender<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
}

impl Stream {
    /// Starts reading the images `order` in batches of these sizes.
    ///
    /// # Errors
    /// [`Error::Thread`].
    pub(crate) fn start(
        source: Arc<dyn ImageSource>,
        order: Vec<usize>,
        batches: Vec<usize>,
    ) -> Result<Self> {
        let (send, read) = sync_channel(BATCHES_AHEAD);
        let (spent, refill) = channel();
        let thread = Builder::new()
            .name(THREAD_NAME.into())
            .spawn(move || {
                read_all(source.as_ref(), &order, &batches, &send, &refill);
            })
            .map_err(|source| Error::Thread { source })?;
        Ok(Self {
            batches: Some(read),
            spent,
            thread: Some(thread),
        })
    }

    /// The next batch's pixels, and how long they were waited for. Return them with
    /// [`Stream::give_back`].
    ///
    /// # Errors
    /// Whatever reading them returned; no batch comes after that.
    pub(crate) fn next(&mut self) -> Result<(Vec<u8>, Duration)> {
        let begun = Instant::now();
        let received = self.batches.as_ref().map(Receiver::recv);
        match received {
            Some(Ok(batch)) => Ok((batch?, begun.elapsed())),
            // Only a panic ends the thread before it has sent its batches.
            Some(Err(_)) | None => match self.thread.take().map(JoinHandle::join) {
                Some(Err(panicked)) => panic::resume_unwind(panicked),
                _ => unreachable!("an epoch's batches are requested once each"),
            },
        }
    }

    /// Takes a batch's buffer back.
    pub(crate) fn give_back(&self, bytes: Vec<u8>) {
        // A thread that has read its last batch needs no more.
        let _ = self.spent.send(bytes);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            // A panic in a batch that was not requested does not matter.
            let _ = thread.join();
        }
    }
}

/// Reads until the order ends, a read fails, or the receiver is dropped.
fn read_all(
    source: &dyn ImageSource,
    order: &[usize],
    batches: &[usize],
    send: &SyncSender<Result<Vec<u8>>>,
    refill: &Receiver<Vec<u8>>,
) {
    let mut left = order;
    for &size in batches {
        let rows;
        (rows, left) = left.split_at(size.min(left.len()));
        let mut bytes = refill.try_recv().unwrap_or_default();
        bytes.clear();
        let read = source.read(rows, &mut bytes);
        let failed = read.is_err();
        if send.send(read.map(|()| bytes)).is_err() || failed {
            return;
        }
    }
}
