//! What `torch.save` writes: a pickle that describes tensors, and their bytes beside it.

use super::pickle::{Node, Pickle, Storage, Tensor};
use super::view::TensorView;
use super::zip::{self, ZipEntry};
use ::safetensors::Dtype;
use std::collections::BTreeMap;

/// Where checkpoints keep their tensors beside epoch, optimiser and the like.
const NESTED: [&str; 4] = ["state_dict", "model_state_dict", "model", "net"];
/// What `DataParallel` puts before every name.
const PARALLEL: &str = "module.";

/// The first pickle of PyTorch before 1.6: this number.
const LEGACY_MAGIC: &[u8] = &[0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// Every protocol writes it within its first bytes.
const LEGACY_MAGIC_WITHIN: usize = 32;
const LEGACY_VERSION: i64 = 1001;

/// Tensors of a zip archive (PyTorch 1.6 and later).
pub(super) fn zipped(file: &[u8]) -> Result<BTreeMap<String, TensorView<'_>>, String> {
    let in_archive = |reason| format!("it begins like an archive of torch.save, but {reason}");
    let entries = zip::entries(file).map_err(in_archive)?;
    let (folder, pickle) = entries
        .iter()
        .find_map(|(name, entry)| Some((name.strip_suffix("data.pkl")?, entry)))
        .ok_or_else(|| in_archive("it has no data.pkl".into()))?;
    if let Some(order) = entries.get(format!("{folder}byteorder").as_str())
        && order.bytes != b"little"
    {
        return Err("its numbers are not little-endian".into());
    }
    let pickle = Pickle::read(&mut &*pickle.bytes)?;
    let folder = format!("{folder}data/");
    state_dict(&pickle, |storage| {
        entries
            .get(format!("{folder}{}", storage.key).as_str())
            .copied()
    })
}

/// Tensors of a stream of pickles and storages (PyTorch before 1.6).
pub(super) fn legacy(file: &[u8]) -> Result<BTreeMap<String, TensorView<'_>>, String> {
    let start = &file[..file.len().min(LEGACY_MAGIC_WITHIN)];
    if !start
        .windows(LEGACY_MAGIC.len())
        .any(|bytes| bytes == LEGACY_MAGIC)
    {
        return Err("a pickle, but not one that torch.save wrote".into());
    }
    let mut rest = file;
    let _magic = Pickle::read(&mut rest)?;
    let version = Pickle::read(&mut rest)?;
    if !matches!(version.root(), Node::Int(LEGACY_VERSION)) {
        return Err(format!("its format version is not {LEGACY_VERSION}"));
    }
    let system = Pickle::read(&mut rest)?;
    let order = system.entries(system.root());
    if !matches!(order.get("little_endian"), Some(Node::Truth(true))) {
        return Err("its numbers are not little-endian".into());
    }
    let pickle = Pickle::read(&mut rest)?;
    let keys = Pickle::read(&mut rest)?;
    let storages = storages(&pickle, &keys, rest)?;
    state_dict(&pickle, |storage| {
        let bytes = *storages.get(storage.key)?;
        Some(ZipEntry { bytes, crc: 0 })
    })
}

/// The bytes of every storage: they follow one another in the order of their keys, each after the
/// number of its values.
fn storages<'a>(
    pickle: &Pickle<'a>,
    keys: &Pickle<'a>,
    mut rest: &'a [u8],
) -> Result<BTreeMap<&'a str, &'a [u8]>, String> {
    let elements: BTreeMap<&str, Dtype> = pickle
        .nodes()
        .iter()
        .filter_map(|node| match node {
            Node::Storage(storage) => Some((storage.key, storage.element)),
            _ => None,
        })
        .collect();
    let Node::List(ids) = keys.root() else {
        return Err("its list of storages is missing".into());
    };
    let mut storages = BTreeMap::new();
    for id in ids {
        let Node::Text(key) = keys.node(*id) else {
            return Err("its list of storages has an entry that is not text".into());
        };
        let element = elements
            .get(key)
            .ok_or("it lists a storage that no tensor uses")?;
        let (count, after) = rest.split_first_chunk::<8>().ok_or("it is truncated")?;
        let bytes = usize::try_from(u64::from_le_bytes(*count))
            .ok()
            .and_then(|count| count.checked_mul(element.bitsize() / 8))
            .and_then(|bytes| after.split_at_checked(bytes));
        let (bytes, after) = bytes.ok_or("it is truncated, or claims more values than it has")?;
        storages.insert(*key, bytes);
        rest = after;
    }
    Ok(storages)
}

/// The tensors of the dictionary that the pickle is or holds, without `module.`.
fn state_dict<'a>(
    pickle: &Pickle<'a>,
    storage: impl Fn(&Storage<'a>) -> Option<ZipEntry<'a>>,
) -> Result<BTreeMap<String, TensorView<'a>>, String> {
    let root = pickle.root();
    if !matches!(root, Node::Dict { .. }) {
        return Err("it holds no dictionary of tensors; save model.state_dict()".into());
    }
    let mut entries = pickle.entries(root);
    let nested = NESTED.iter().find_map(|name| {
        let node = *entries.get(name)?;
        matches!(node, Node::Dict { .. }).then_some(node)
    });
    if let Some(nested) = nested {
        entries = pickle.entries(nested);
    }
    let mut tensors = BTreeMap::new();
    for (name, node) in &entries {
        if let Node::Tensor(tensor) = node {
            let view = view(pickle, tensor, &storage).map_err(|e| format!("{name}: {e}"))?;
            tensors.insert(*name, view);
        }
    }
    let parallel = tensors.keys().all(|name| name.starts_with(PARALLEL));
    let skipped = if parallel { PARALLEL.len() } else { 0 };
    Ok(tensors
        .into_iter()
        .map(|(name, tensor)| (name[skipped..].to_owned(), tensor))
        .collect())
}

/// A tensor's bytes, where they are all there.
fn view<'a>(
    pickle: &Pickle<'a>,
    tensor: &Tensor,
    storage: impl Fn(&Storage<'a>) -> Option<ZipEntry<'a>>,
) -> Result<TensorView<'a>, String> {
    let Node::Storage(described) = pickle.node(tensor.storage) else {
        return Err("it has no storage".into());
    };
    let entry =
        storage(described).ok_or_else(|| format!("its storage {} is missing", described.key))?;
    let size = described.element.bitsize() / 8;
    let values = extent(tensor)
        .filter(|end| *end <= described.values)
        .ok_or("it reaches beyond its storage")?;
    let range = tensor
        .offset
        .checked_mul(size)
        .zip(values.checked_mul(size));
    let bytes = range
        .and_then(|(from, to)| entry.bytes.get(from..to))
        .ok_or_else(|| {
            format!(
                "its storage has {} bytes and is to hold {values} values",
                entry.bytes.len()
            )
        })?;
    Ok(TensorView {
        element: described.element,
        shape: tensor.shape.clone(),
        strides: (!is_contiguous(tensor)).then(|| tensor.strides.clone()),
        bytes,
        checksum: (entry.crc != 0).then_some((entry.bytes, entry.crc)),
    })
}

/// One past the last value of the storage that the tensor has.
fn extent(tensor: &Tensor) -> Option<usize> {
    let count = tensor
        .shape
        .iter()
        .try_fold(1usize, |product, extent| product.checked_mul(*extent))?;
    if count == 0 {
        return Some(tensor.offset);
    }
    let mut last = tensor.offset;
    for (extent, stride) in tensor.shape.iter().zip(&tensor.strides) {
        last = last.checked_add((extent - 1).checked_mul(*stride)?)?;
    }
    last.checked_add(1)
}

/// Whether the values lie one after the other, row-major.
fn is_contiguous(tensor: &Tensor) -> bool {
    let mut step = 1usize;
    for (extent, stride) in tensor.shape.iter().zip(&tensor.strides).rev() {
        if *extent > 1 && *stride != step {
            return false;
        }
        step = step.saturating_mul(*extent);
    }
    true
}
