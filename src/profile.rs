//! Times of a selection, as a whole and stage by stage. Submits and waits: for benchmarks. What
//! measures is not available on wasm, which has no clock of the kind and cannot wait.

#[cfg(not(target_family = "wasm"))]
mod measure;

#[cfg(not(target_family = "wasm"))]
pub use measure::{selection_blocking, stages_blocking, timed_blocking};

use crate::Stage;
use std::time::Duration;

/// Which clock a profile was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// Timestamps that the device writes between passes.
    Device,
    /// The host's clock around a submission and its wait, launch overhead included.
    Wall,
}

impl Clock {
    /// The label that figures carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device timestamps",
            Self::Wall => "wall clock",
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Clock {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Time of one piece of work that was submitted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// The host's clock, from before recording until the device is done.
    pub wall: Duration,
    /// The part of it until the commands are submitted: what the selection costs the thread that
    /// records it.
    pub host: Duration,
    /// The device's clock, from the first pass to the end of the last; none where the device has
    /// no `TIMESTAMP_QUERY`.
    pub device: Option<Duration>,
}

impl Timing {
    /// The device's clock where it is there, else the host's.
    #[must_use]
    pub fn best(&self) -> Duration {
        self.device.unwrap_or(self.wall)
    }

    /// Which clock [`Timing::best`] reads.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.device.map_or(Clock::Wall, |_| Clock::Device)
    }
}

/// Times of one selection.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The clock all of them were read from.
    pub clock: Clock,
    /// Time of each stage, in order.
    pub stages: Vec<(Stage, Duration)>,
}

impl Profile {
    /// Time of all stages together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.stages.iter().map(|(_, time)| *time).sum()
    }
}
