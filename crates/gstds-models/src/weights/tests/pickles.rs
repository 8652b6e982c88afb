//! Files of `torch.save`; tests/data/record_pth.py made the real ones.

use super::*;

pub(super) const ARCHIVE: &[u8] = include_bytes!("../../../tests/data/pth/archive.pth");
pub(super) const LEGACY: &[u8] = include_bytes!("../../../tests/data/pth/legacy.pth");
const PROTOCOL_4: &[u8] = include_bytes!("../../../tests/data/pth/protocol4.pth");
const CHECKPOINT: &[u8] = include_bytes!("../../../tests/data/pth/checkpoint.pth");
const MODULE: &[u8] = include_bytes!("../../../tests/data/pth/module.pth");
const NUMPY: &[u8] = include_bytes!("../../../tests/data/pth/numpy.pth");

pub(super) fn recorded() -> Vec<(String, Vec<usize>)> {
    let shapes: [(&str, &[usize]); 6] = [
        ("single", &[2, 3]),
        ("half", &[4]),
        ("brain", &[2, 2]),
        ("double", &[3]),
        ("transposed", &[3, 2]),
        ("part", &[3]),
    ];
    shapes
        .iter()
        .map(|(name, shape)| ((*name).into(), shape.to_vec()))
        .collect()
}

pub(super) fn open(bytes: &[u8]) -> Result<Weights> {
    fitting("some.pth", bytes, recorded())
}

#[test]
fn every_layout_of_torch_save_gives_the_same_values() {
    let values =
        |places: &[usize]| -> Vec<f32> { places.iter().map(|at| *at as f32 / 4.0 - 0.5).collect() };
    for (name, bytes) in [
        ("archive", ARCHIVE),
        ("protocol 4", PROTOCOL_4),
        ("legacy", LEGACY),
        ("checkpoint", CHECKPOINT),
    ] {
        let weights = open(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        for (tensor, places) in [
            ("single", [0, 1, 2, 3, 4, 5].as_slice()),
            ("half", &[0, 1, 2, 3]),
            ("brain", &[0, 1, 2, 3]),
            ("double", &[0, 1, 2]),
            ("transposed", &[0, 3, 1, 4, 2, 5]),
            ("part", &[4, 5, 6]),
        ] {
            assert_eq!(weights.values(tensor), values(places), "{name}: {tensor}");
        }
    }
}

#[test]
fn contents_other_than_tensors_are_named_with_what_helps() {
    for (bytes, named) in [
        (MODULE, "`torch.nn.modules.linear.Linear`"),
        (NUMPY, "scalar`"),
    ] {
        let message = refused(open(bytes));
        for part in [named, "model.state_dict()", "safetensors"] {
            assert!(message.contains(part), "{part} not in: {message}");
        }
    }
}

#[test]
fn damaged_values_do_not_pass_the_checksum() {
    let mut bytes = ARCHIVE.to_vec();
    // The first value of `part`'s storage, which begins as all of them do, is -0.5.
    let at = bytes
        .windows(8)
        .position(|w| w == [0, 0, 0, 0xbf, 0, 0, 0x80, 0xbe]);
    bytes[at.unwrap()] ^= 1;
    assert!(refused(open(&bytes)).contains("checksum"));
}

/// A legacy file whose main pickle is `program`.
pub(super) fn legacy(program: &[u8]) -> Vec<u8> {
    let mut file = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.".to_vec();
    file.extend(b"\x80\x02}U\x0dlittle_endian\x88s.\x80\x02");
    file.extend(program);
    file
}

/// Peak of what opening `file` takes, which must refuse it.
fn taken(file: &[u8]) -> u64 {
    let info = allocation_counter::measure(|| assert!(open(file).is_err()));
    info.bytes_max
}

/// Most bytes of the list of differences and of the guess.
const MESSAGE: u64 = 2 << 20;

#[test]
fn a_long_name_fetched_often_is_held_once() {
    let mut program = b"(U\xff".to_vec();
    program.extend([b'a'; 255]);
    program.extend(b"q\x00");
    program.extend(b"h\x00".repeat(200_000));
    program.extend(b"t.");
    let file = legacy(&program);
    assert!(taken(&file) < 64 * file.len() as u64 + MESSAGE);
}

/// Readers that copy what they fetch from the memo ask for 125 GB here.
#[test]
fn a_long_class_name_is_refused_before_it_is_fetched() {
    let mut program = b"(c".to_vec();
    program.extend([b'a'; 500_000]);
    program.extend(b"\nx\nq\x00");
    program.extend(b"h\x00".repeat(250_000));
    program.extend(b"t.");
    let file = legacy(&program);
    assert!(taken(&file) < file.len() as u64 + MESSAGE);
    assert!(refused(open(&file)).contains("only tensors are read"));
}

#[test]
fn deep_nesting_and_cycles_end_without_recursion() {
    let deep = [b"]".as_slice(), &b"\x85".repeat(1_000_000), b"."].concat();
    assert!(taken(&legacy(&deep)) < 256 * deep.len() as u64 + MESSAGE);
    let cycle = b"}q\x00U\x0astate_dicth\x00s].";
    assert!(open(&legacy(cycle)).is_err());
    let own_pairs = b"]q\x00h\x00ah\x00ccollections\nOrderedDict\nh\x00\x85R.";
    assert!(open(&legacy(own_pairs)).is_err());
}

/// One value repeated by strides of 0 could claim any size; shapes are checked before bytes are.
#[test]
fn values_that_the_file_does_not_have_are_not_made() {
    let storage = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01tQ";
    let tensor = |shape: &[u8], strides: &[u8]| {
        let head = b"}U\x04hugectorch._utils\n_rebuild_tensor_v2\n(".as_slice();
        let end = b"\x89NtRs.](U\x010e.\x01\0\0\0\0\0\0\0\0\0\0\0".as_slice();
        legacy(&[head, storage, b"K\0", shape, strides, end].concat())
    };
    let claim = |file: &[u8], shape: Vec<usize>| {
        let mut result = None;
        let info = allocation_counter::measure(|| {
            let required = vec![("huge".to_owned(), shape)];
            result = Some(fitting("a.pth", file, required));
        });
        assert!(info.bytes_max < MESSAGE, "{} bytes", info.bytes_max);
        result.unwrap()
    };
    let fair = tensor(b"K\x01\x85", b"K\x01\x85");
    assert_eq!(claim(&fair, vec![1]).unwrap().values("huge"), [0.0]);
    let wide = tensor(b"J\xff\xff\xff\x7f\x85", b"K\0\x85");
    let message = refused(claim(&wide, vec![i32::MAX as usize]));
    assert!(message.contains("claim 8589934588 bytes"), "{message}");
    let beyond = tensor(b"K\x02\x85", b"K\x01\x85");
    assert!(refused(claim(&beyond, vec![2])).contains("beyond its storage"));
}

/// Sizes that only decompression could check are not trusted.
#[test]
fn compressed_entries_are_refused_by_name() {
    let mut bytes = ARCHIVE.to_vec();
    let at = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes[at + 10] = 8;
    let message = refused(open(&bytes));
    assert!(message.contains("data.pkl is compressed"), "{message}");
}

#[test]
fn numbers_of_another_byte_order_are_refused() {
    let mut bytes = ARCHIVE.to_vec();
    let at = bytes.windows(6).position(|w| w == b"little").unwrap();
    bytes[at..at + 6].copy_from_slice(b"bigger");
    assert!(refused(open(&bytes)).contains("little-endian"));
}
