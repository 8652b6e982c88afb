//! A checkpoint and its file: safetensors with four tensors of bytes, and a checksum of them in
//! the header.

use crate::run::summary::Tally;
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Marks the file format in the header; the number grows when the layout changes.
const FORMAT: &str = "gstds-checkpoint-1";
/// The tensors, in the order of their checksum.
const TENSORS: [&str; 4] = ["kept", "learner", "optimiser", "state"];
/// A fifth one, which is there where it is not empty.
const METHOD: &str = "method";

/// All that a resumed run needs.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::run) struct Checkpoint {
    pub state: CheckpointState,
    /// Rows kept in the steps since the epoch began; none where they are not logged.
    pub kept: Vec<Vec<i32>>,
    /// Burn's record of the learner, running statistics included.
    pub learner: Vec<u8>,
    /// Burn's record of the optimiser.
    pub optimiser: Vec<u8>,
    /// What the method learned from earlier steps; empty for most.
    pub method: Vec<u8>,
}

/// The progress of a run, and its origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::run) struct CheckpointState {
    pub origin: Origin,
    #[serde(rename = "place")]
    pub position: Position,
    #[serde(flatten)]
    pub tally: Tally,
    /// Bytes of `metrics.jsonl` that belong to the steps made.
    pub metrics: u64,
}

/// The next batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::run) struct Position {
    /// From 0.
    pub epoch: usize,
    /// From 0.
    pub batch: usize,
}

/// The origin of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::run) struct Origin {
    /// Of this crate.
    pub version: String,
    /// Name, backend and driver.
    pub adapter: String,
    /// The text of `config.toml`.
    pub config: String,
    /// Fingerprint of the data set.
    pub data: String,
    /// Key of the feature bank, where it has one.
    pub bank: Option<String>,
}

impl Checkpoint {
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let text = |e: serde_json::Error| e.to_string();
        let state = serde_json::to_vec(&self.state).map_err(text)?;
        let kept = serde_json::to_vec(&self.kept).map_err(text)?;
        let mut parts = vec![&*kept, &*self.learner, &*self.optimiser, &*state];
        parts.extend((!self.method.is_empty()).then_some(&*self.method));
        let note = format!("{FORMAT} {}", checksum(&parts));
        let names = TENSORS.iter().chain([&METHOD]);
        let views = names.zip(parts).map(|(name, bytes)| {
            TensorView::new(Dtype::U8, vec![bytes.len()], bytes).map(|view| (*name, view))
        });
        let views: Result<Vec<_>, SafeTensorError> = views.collect();
        let views = views.map_err(|e| e.to_string())?;
        safetensors::serialize(views, Some(HashMap::from([("gstds".into(), note)])))
            .map_err(|e| e.to_string())
    }

    /// Reads what [`Checkpoint::to_bytes`] wrote; the error says what is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
        let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
        let note = header.metadata().as_ref().and_then(|m| m.get("gstds"));
        let note = note.ok_or("the header has no entry `gstds`")?;
        let Some((FORMAT, expected)) = note.split_once(' ') else {
            return Err(format!("the header says `{note}`, not `{FORMAT} ...`"));
        };
        let part = |name| file.tensor(name).map(|t| t.data());
        let parts = TENSORS.map(part);
        if let Some(Err(e)) = parts.iter().find(|part| part.is_err()) {
            return Err(e.to_string());
        }
        let [kept, learner, optimiser, state] = parts.map(Result::unwrap_or_default);
        let method = part(METHOD).ok();
        let read: Vec<&[u8]> = [kept, learner, optimiser, state]
            .into_iter()
            .chain(method)
            .collect();
        let found = checksum(&read);
        if found != expected {
            return Err(format!("the checksum is {found}, not {expected}"));
        }
        Ok(Self {
            state: json("state", state)?,
            kept: json("kept", kept)?,
            learner: learner.to_vec(),
            optimiser: optimiser.to_vec(),
            method: method.unwrap_or_default().to_vec(),
        })
    }
}

fn checksum(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    gstds_data::hash::hex(hash)
}

fn json<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|e| format!("cannot read its {what}: {e}"))
}

#[cfg(test)]
pub(in crate::run) mod tests {
    use super::*;
    use crate::run::summary::corruption::CorruptionCounts;
    use proptest::prelude::*;

    pub(in crate::run) fn checkpoint(step: usize) -> Checkpoint {
        Checkpoint {
            state: CheckpointState {
                origin: Origin {
                    version: "0".into(),
                    adapter: "none".into(),
                    config: "seed = 1".into(),
                    data: "d".into(),
                    bank: None,
                },
                position: Position { epoch: 1, batch: 2 },
                tally: Tally {
                    step,
                    seen: u64::MAX,
                    kept: 5,
                    accuracies: vec![1.0 / 3.0, 0.1 + 0.2],
                    stepping: 1.5,
                    corruption: CorruptionCounts {
                        wrong_labels: 3,
                        copies: 1,
                    },
                    resumed: vec![3],
                    ..Tally::default()
                },
                metrics: 99,
            },
            kept: vec![vec![1, 2], vec![]],
            learner: vec![1; 40],
            optimiser: vec![2; 30],
            method: Vec::new(),
        }
    }

    #[test]
    fn a_checkpoint_survives_its_file_to_the_bit() {
        let all = checkpoint(7);
        assert_eq!(
            Checkpoint::from_bytes(&all.to_bytes().unwrap()),
            Ok(all.clone())
        );
        let all = Checkpoint {
            method: vec![3; 20],
            ..all
        };
        assert_eq!(Checkpoint::from_bytes(&all.to_bytes().unwrap()), Ok(all));
    }

    /// Checkpoints of earlier versions are read.
    #[test]
    fn the_state_is_one_flat_object() {
        let state = serde_json::to_value(checkpoint(7).state).unwrap();
        assert_eq!(state["place"]["batch"], 2);
        assert_eq!(state["troubles"]["wrong_labels"], 3);
        assert_eq!(state["accuracies"][0], (1.0f64 / 3.0).to_bits());
        let keys = state.as_object().unwrap().keys().map(String::as_str);
        let mut keys: Vec<&str> = keys.collect();
        keys.sort_unstable();
        let expected = [
            "accuracies",
            "flops",
            "kept",
            "metrics",
            "origin",
            "place",
            "reference",
            "resumed",
            "seconds",
            "seen",
            "step",
            "stepping",
            "troubles",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn another_format_is_named() {
        let mut bytes = checkpoint(7).to_bytes().unwrap();
        let mark = FORMAT.as_bytes();
        let at = bytes.windows(mark.len()).position(|w| w == mark).unwrap();
        bytes[at + mark.len() - 1] = b'9';
        let reason = Checkpoint::from_bytes(&bytes).unwrap_err();
        assert!(reason.contains("gstds-checkpoint-9"), "{reason}");
    }

    proptest! {
        #[test]
        fn a_byte_that_changed_or_bytes_that_are_missing_are_found(
            place in any::<prop::sample::Index>(), change in 1u8.., cut in any::<bool>(),
        ) {
            let mut bytes = checkpoint(7).to_bytes().unwrap();
            let place = place.index(bytes.len());
            match cut {
                true => bytes.truncate(place),
                false => bytes[place] ^= change,
            }
            // Padding of the header may change without harm.
            if let Ok(read) = Checkpoint::from_bytes(&bytes) {
                prop_assert_eq!(read, checkpoint(7));
            }
        }
    }
}
