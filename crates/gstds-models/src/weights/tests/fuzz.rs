//! Hostile bytes: an error at worst, and never more memory than the file's size justifies.

use super::pickles::{ARCHIVE, LEGACY, legacy, open, recorded};
use super::*;
use proptest::prelude::*;

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

/// A byte that breaks something, or one that reads as part of a header or a number.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        any::<u8>(),
        b'0'..=b'9',
        proptest::sample::select(b"{}[],:\"\0\x01\xff".as_slice()),
    ]
}

/// A real file with some bytes replaced, a stretch repeated, and its end cut off.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), byte()), 0..4);
    let stretch = (any::<prop::sample::Index>(), 0usize..64, 0usize..64);
    let stretch = proptest::option::weighted(0.2, stretch);
    let cut = proptest::option::weighted(0.1, any::<prop::sample::Index>());
    (0usize..3, changes, stretch, cut).prop_map(|(which, changes, stretch, cut)| {
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
    })
}

/// Opcodes with fitting arguments, in any order, on a stack with values of every kind.
fn program() -> impl Strategy<Value = Vec<u8>> {
    const STORAGE: &[u8] = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQ";
    const VALUES: [&[u8]; 8] = [
        b"}",
        b"]",
        STORAGE,
        b"K\0K\x02\x85K\x01\x85",
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"ccollections\nOrderedDict\n",
        b"U\x0astate_dict",
        b"J\xff\xff\xff\x7f",
    ];
    let part = prop_oneof![
        8 => proptest::sample::select(b"(02N\x88)]}aes\x85\x86\x87RbuQt".as_slice())
            .prop_map(|code| vec![code]),
        4 => proptest::sample::select(VALUES.to_vec()).prop_map(<[u8]>::to_vec),
        4 => (proptest::sample::select(b"qhK".as_slice()), 0u8..8).prop_map(|(a, b)| vec![a, b]),
        1 => proptest::sample::select(vec![
            b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f".as_slice(),
            b"X\xff\xff\xff\xff",
            b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
            b"B\0\0\0\x80",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    proptest::collection::vec(part, 0..60).prop_map(|parts| {
        let mut program = Vec::new();
        for _ in 0..4 {
            for (at, value) in VALUES.iter().enumerate() {
                program.extend([value, [b'q', at as u8].as_slice()].concat());
            }
        }
        program.extend(parts.concat());
        legacy(&program)
    })
}

/// Numbers for shapes, plausible or not.
fn extent() -> impl Strategy<Value = i32> {
    prop_oneof![80 => 0i32..4, 1 => Just(-1), 1 => Just(i32::MAX)]
}

/// A well-formed file whose tensors make arbitrary claims about storages of up to 16 values.
fn claims() -> impl Strategy<Value = Vec<u8>> {
    let numbers = || proptest::collection::vec(extent(), 2);
    let shape = proptest::option::weighted(0.1, numbers());
    let stored = proptest::option::weighted(0.05, 0usize..20);
    let tensor = (shape, numbers(), extent(), 4i32..17, stored);
    proptest::collection::vec(tensor, 6).prop_map(|tensors| {
        let mut program = b"}(".to_vec();
        let int = |value: i32| [b"J".as_slice(), &value.to_le_bytes()].concat();
        let tuple = |values: &[i32]| {
            let values: Vec<_> = values.iter().map(|value| int(*value)).collect();
            [b"(".as_slice(), &values.concat(), b"t"].concat()
        };
        let mut keys = b"\x80\x02](".to_vec();
        let mut data = Vec::new();
        for (at, ((name, right), tensor)) in recorded().iter().zip(tensors).enumerate() {
            let (shape, mut strides, offset, claimed, stored) = tensor;
            let right = right.iter().map(|extent| *extent as i32).collect();
            let shape: Vec<i32> = shape.unwrap_or(right);
            strides.truncate(shape.len());
            let stored = stored.unwrap_or(claimed as usize);
            let key = [b"U\x01".as_slice(), &[b'a' + at as u8]].concat();
            program.extend([b"U".as_slice(), &[name.len() as u8], name.as_bytes()].concat());
            program
                .extend(b"ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nHalfStorage\n");
            program.extend([&key, b"N".as_slice(), &int(claimed), b"tQ", &int(offset)].concat());
            program.extend([&tuple(&shape), &tuple(&strides), b"\x89NtR".as_slice()].concat());
            keys.extend(key);
            data.extend((stored as u64).to_le_bytes());
            data.extend(vec![0x3c; 2 * stored]);
        }
        program.extend(b"u.");
        keys.extend(b"e.");
        [legacy(&program), keys, data].concat()
    })
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

/// An error, or the tensors asked for, for no more memory than the size justifies.
fn judge(bytes: &[u8]) -> std::result::Result<(), TestCaseError> {
    let mut result = None;
    let info = allocation_counter::measure(|| result = Some(open(bytes)));
    let limit = A_BYTE * bytes.len() as u64 + ANY_FILE;
    prop_assert!(
        info.bytes_max <= limit,
        "{} bytes for {}",
        info.bytes_max,
        bytes.len()
    );
    if let Some(Ok(weights)) = result {
        for (name, shape) in recorded() {
            let values = shape.iter().product::<usize>();
            prop_assert_eq!(weights.values(&name).len(), values);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(gstds_testing::config(400))]

    #[test]
    fn damaged_files_are_refused_cheaply(bytes in damaged()) {
        judge(&bytes)?;
    }

    #[test]
    fn programs_in_pickles_are_refused_cheaply(bytes in program()) {
        judge(&bytes)?;
    }

    #[test]
    fn false_claims_are_refused_cheaply(bytes in claims()) {
        judge(&bytes)?;
    }

    #[test]
    fn noise_is_refused_cheaply(bytes in noise()) {
        judge(&bytes)?;
    }
}
