//! The neighbours of training images, which neither seeds nor wrong labels change: from the cache on
//! disk, or from a search on the device.

use gstds::NeighbourLists;
use gstds_data::{Error as DataError, atomic_file, hash};
use gstds_models::bank_cache::CACHE_VARIABLE;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Where the neighbours of a bank's rows are kept.
pub(super) struct NeighbourCache {
    path: PathBuf,
    /// Of the bank, the search and the adapter, whose kernels may round otherwise.
    key: String,
}

impl NeighbourCache {
    /// In `folder`, for a bank with this key, searched on this adapter.
    pub fn new(folder: &Path, bank: &str, adapter: &str) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let key = format!("neighbours {version} {bank} {adapter}");
        let key = hash::sha256(key.as_bytes());
        Self {
            path: folder.join(format!("neighbours-{}.safetensors", &key[..16])),
            key,
        }
    }

    /// What the cache has, or what `search` finds, which is stored then. `warn` gets what is wrong
    /// with the cache; the neighbours are valid all the same.
    ///
    /// # Errors
    /// Those of `search`.
    pub fn find_or_search<E>(
        &self,
        warn: &mut dyn FnMut(&str),
        search: impl FnOnce() -> Result<NeighbourLists, E>,
    ) -> Result<NeighbourLists, E> {
        match self.read() {
            Ok(Some(lists)) => return Ok(lists),
            Ok(None) => {}
            Err(reason) => warn(&format!(
                "{} is damaged: {reason} (searching again)",
                self.path.display()
            )),
        }
        let lists = search()?;
        if let Err(error) = self.write(&lists) {
            warn(&format!(
                "{error}; the neighbours will be searched again next time: set {CACHE_VARIABLE} to a folder with room"
            ));
        }
        Ok(lists)
    }

    /// None where there is no file; the error says what is wrong with one.
    fn read(&self) -> Result<Option<NeighbourLists>, String> {
        let bytes = match std::fs::read(&self.path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|e| e.to_string())?,
        };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| e.to_string())?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| e.to_string())?;
        let tensor = |name, dtype| {
            let view = file.tensor(name).map_err(|e| e.to_string())?;
            match (view.dtype() == dtype, view.shape()) {
                (true, &[_, length]) => Ok((view, length)),
                _ => Err(format!("`{name}` is no list a row")),
            }
        };
        let (rows, neighbours) = tensor(ROWS, Dtype::U32)?;
        let (similarities, _) = tensor(SIMILARITIES, Dtype::F32)?;
        let noted = header.metadata().as_ref().and_then(|it| it.get(NOTE));
        if noted != Some(&self.note(rows.data(), similarities.data())) {
            return Err("its contents do not match their checksum".into());
        }
        Ok(Some(NeighbourLists {
            neighbours,
            rows: values(rows.data(), u32::from_le_bytes),
            similarities: values(similarities.data(), f32::from_le_bytes),
        }))
    }

    fn write(&self, lists: &NeighbourLists) -> Result<(), DataError> {
        let rows: Vec<u8> = lists.rows.iter().flat_map(|it| it.to_le_bytes()).collect();
        let similarities = lists.similarities.iter().flat_map(|it| it.to_le_bytes());
        let similarities: Vec<u8> = similarities.collect();
        let shape = vec![lists.rows.len() / lists.neighbours, lists.neighbours];
        let note = self.note(&rows, &similarities);
        let view = |dtype, bytes| {
            TensorView::new(dtype, shape.clone(), bytes).expect("a list a row of 4-byte values")
        };
        let tensors = [
            (ROWS, view(Dtype::U32, &rows)),
            (SIMILARITIES, view(Dtype::F32, &similarities)),
        ];
        let header = HashMap::from([(NOTE.into(), note)]);
        let bytes = safetensors::serialize(tensors, Some(header));
        atomic_file::write(&self.path, &bytes.expect("views of these shapes"))
    }

    /// The key, and a checksum of what is stored under it.
    fn note(&self, rows: &[u8], similarities: &[u8]) -> String {
        format!(
            "{} {}",
            self.key,
            hash::sha256(&[rows, similarities].concat())
        )
    }
}

const NOTE: &str = "gstds";
const ROWS: &str = "rows";
const SIMILARITIES: &str = "similarities";

fn values<T>(bytes: &[u8], read: impl Fn([u8; 4]) -> T) -> Vec<T> {
    let (words, _) = bytes.as_chunks();
    words.iter().map(|word| read(*word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists() -> NeighbourLists {
        NeighbourLists {
            neighbours: 2,
            rows: vec![1, 2, 0, 2, 1, gstds::NO_NEIGHBOUR],
            similarities: vec![0.5, 0.25, 0.5, -0.0, 0.75, 0.0],
        }
    }

    /// What is found, how often it was searched, and the warnings.
    fn found(cache: &NeighbourCache) -> (NeighbourLists, usize, Vec<String>) {
        let (mut searched, mut warnings) = (0, Vec::new());
        let mut warn = |text: &str| warnings.push(text.to_owned());
        let search = || {
            searched += 1;
            Ok::<_, ()>(lists())
        };
        let found = cache.find_or_search(&mut warn, search).unwrap();
        (found, searched, warnings)
    }

    #[test]
    fn the_second_time_comes_from_disk_for_the_same_bank_and_adapter() {
        let folder = tempfile::tempdir().unwrap();
        let nested = folder.path().join("a/b");
        let cache = |bank, adapter| NeighbourCache::new(&nested, bank, adapter);
        assert_eq!(found(&cache("bank", "one")), (lists(), 1, vec![]));
        assert_eq!(found(&cache("bank", "one")), (lists(), 0, vec![]));
        assert_eq!(found(&cache("bank", "other")).1, 1);
        assert_eq!(found(&cache("another", "one")).1, 1);
    }

    #[test]
    fn a_damaged_file_is_searched_again_with_a_warning_and_mended() {
        let folder = tempfile::tempdir().unwrap();
        let cache = NeighbourCache::new(folder.path(), "bank", "one");
        found(&cache);
        let bytes = std::fs::read(&cache.path).unwrap();
        let mut flipped = bytes.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for damage in [flipped, bytes[..bytes.len() - 1].to_vec(), vec![]] {
            std::fs::write(&cache.path, damage).unwrap();
            let (lists_again, searched, warnings) = found(&cache);
            assert_eq!((lists_again, searched), (lists(), 1));
            assert!(warnings[0].contains("is damaged"), "{warnings:?}");
            assert_eq!(std::fs::read(&cache.path).unwrap(), bytes);
        }
    }

    #[test]
    fn a_cache_that_cannot_be_written_costs_a_warning_alone() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("file");
        std::fs::write(&blocked, "in the way").unwrap();
        let (_, searched, warnings) = found(&NeighbourCache::new(&blocked, "bank", "one"));
        assert_eq!(searched, 1);
        assert!(
            warnings.last().unwrap().contains(CACHE_VARIABLE),
            "{warnings:?}"
        );
    }
}
