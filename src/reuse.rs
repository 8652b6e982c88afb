//! What a call creates, kept for the next one that needs the same: a bind group costs the host more
//! than recording a selection does.

use crate::{
    Result,
    error_scope::{Watch, at_once},
};

/// The last thing created under a key.
#[derive(Debug)]
pub(crate) struct Reuse<K, V> {
    last: Option<(K, V)>,
}

impl<K, V> Default for Reuse<K, V> {
    fn default() -> Self {
        Self { last: None }
    }
}

impl<K: PartialEq, V> Reuse<K, V> {
    /// The last thing if its key matches, else a new one. Pass it to [`Self::keep`] once the call has
    /// succeeded: so nothing stays that the device refused.
    pub fn take(
        &mut self,
        key: K,
        watch: &mut CallWatch<'_>,
        create: impl FnOnce(&K) -> Result<V>,
    ) -> Result<(K, V)> {
        match self.last.take() {
            Some(last) if last.0 == key => Ok(last),
            _ => {
                watch.start();
                let value = create(&key)?;
                Ok((key, value))
            }
        }
    }

    pub fn keep(&mut self, entry: (K, V)) {
        // A browser says too late what it refused.
        if !cfg!(target_family = "wasm") {
            self.last = Some(entry);
        }
    }
}

/// Error scopes around what one call creates, from the first of it on. A call that creates nothing
/// does without: they cost as much as the rest of it.
pub(crate) struct CallWatch<'a> {
    device: &'a wgpu::Device,
    watch: Option<Watch>,
}

impl<'a> CallWatch<'a> {
    pub fn new(device: &'a wgpu::Device) -> Self {
        Self {
            device,
            watch: None,
        }
    }

    /// Something is about to be created.
    fn start(&mut self) {
        // As in `checked`, a browser would have the errors too late.
        if !cfg!(target_family = "wasm") {
            self.watch.get_or_insert_with(|| Watch::start(self.device));
        }
    }

    /// What the device reported.
    pub fn end(self) -> Result<()> {
        let ended = self.watch.and_then(|watch| at_once(watch.end(None)));
        ended.unwrap_or(Ok(()))
    }
}
