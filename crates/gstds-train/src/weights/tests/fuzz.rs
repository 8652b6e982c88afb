//! Hostile bytes: an error at worst, and never more memory than the file's size justifies.

use super::pickles::{ARCHIVE, LEGACY, legacy, open, recorded};
use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Bytes taken for each byte of a file: a one-byte opcode makes a node of 32 or 40, in vectors that
/// double.
const A_BYTE: u64 = 256;
/// Bytes taken for any file: the list of differences and the layouts of every known model.
const ANY_FILE: u64 = 2 << 20;

fn real() -> Vec<Vec<u8>> {
    let shapes = recorded();
    let tensors: Vec<(&str, Dtype, &[usize])> = shapes
        .iter()
        .map(|(name, shape)| (name.as_str(), Dtype::F32, shape.as_slice()))
        .collect();
    vec![file(&tensors), ARCHIVE.to_vec(), LEGACY.to_vec()]
}

/// A real file with some bytes replaced, a stretch repeated, and its end cut off.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let stretch = (any::<prop::sample::Index>(), 0usize..64, 0usize..64);
    let changes = proptest::collection::vec(change, 0..12);
    let cut = proptest::option::weighted(0.3, any::<prop::sample::Index>());
    (0usize..3, changes, proptest::option::of(stretch), cut).prop_map(
        |(which, changes, stretch, cut)| {
            let mut bytes = real().swap_remove(which);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Some((at, length, times)) = stretch {
                let at = at.index(bytes.len());
                let part = bytes[at..(at + length).min(bytes.len())].repeat(times);
                bytes.splice(at..at, part);
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        },
    )
}

/// Opcodes, and arguments that they like, in any order.
fn program() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        proptest::sample::select(b"(012N\x88\x89)]}tldaesuRbQ\x85\x86\x87\x93\x94".as_slice())
            .prop_map(|code| vec![code]),
        proptest::sample::select(vec![
            b"ctorch._utils\n_rebuild_tensor_v2\n".as_slice(),
            b"ctorch\nFloatStorage\n",
            b"ccollections\nOrderedDict\n",
            b"U\x07storage",
            b"U\x0astate_dict",
            b"J\xff\xff\xff\x7f",
            b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
            b"X\xff\xff\xff\xff",
            b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
            b"B\0\0\0\x80",
        ])
        .prop_map(<[u8]>::to_vec),
        (proptest::sample::select(b"qhKU".as_slice()), 0u8..4).prop_map(|(a, b)| vec![a, b]),
        proptest::collection::vec(any::<u8>(), 1..4),
    ];
    proptest::collection::vec(part, 0..200).prop_map(|parts| legacy(&parts.concat()))
}

/// Any bytes after the first ones of each kind of file.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let starts: [&[u8]; 4] = [
        b"",
        b"PK\x03\x04",
        b"\x80\x02",
        b"\x40\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\",\"shape\":[",
    ];
    let rest = proptest::collection::vec(any::<u8>(), 0..400);
    (proptest::sample::select(starts.to_vec()), rest)
        .prop_map(|(start, rest)| [start, &rest].concat())
}

/// The same cases on every machine; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` explore others.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let asked = |name| std::env::var_os(name).is_some();
    if !asked("PROPTEST_CASES") {
        config.cases = 400;
    }
    if !asked("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(6174);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn hostile_files_are_refused_cheaply(bytes in prop_oneof![damaged(), program(), noise()]) {
        let mut result = None;
        let info = allocation_counter::measure(|| result = Some(open(&bytes)));
        let limit = A_BYTE * bytes.len() as u64 + ANY_FILE;
        prop_assert!(info.bytes_max <= limit, "{} bytes for {}", info.bytes_max, bytes.len());
        if let Some(Ok(weights)) = result {
            for (name, shape) in recorded() {
                prop_assert_eq!(weights.get(&name).len(), shape.iter().product::<usize>());
            }
        }
    }
}
