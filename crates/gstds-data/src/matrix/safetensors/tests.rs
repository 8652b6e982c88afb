use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::matrix::stored_type::DeviceElement;

/// A file with this header and this many bytes of values.
fn file(header: &str, values: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend((0..values).map(|value| value as u8));
    bytes
}

fn tensor(name: &str, dtype: &str, shape: &str, offsets: (usize, usize)) -> String {
    let (from, to) = offsets;
    format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]}}"#)
}

fn found(bytes: &[u8], tensor: Option<&str>) -> Result<MatrixLayout> {
    layout(
        Path::new("f.safetensors"),
        &mut Cursor::new(bytes),
        bytes.len() as u64,
        tensor,
    )
}

#[test]
fn the_matrix_is_the_one_named_or_the_usual_or_the_only() {
    let a = tensor("a", "F32", "[2,3]", (0, 24));
    let bias = tensor("bias", "F32", "[2]", (24, 32));
    let features = tensor("features", "F16", "[4,2]", (32, 48));
    let all = file(&format!("{{{a},{bias},{features}}}"), 48);
    let header = all.len() as u64 - 48;
    let usual = found(&all, None).unwrap();
    assert_eq!(
        (usual.rows, usual.features, usual.start),
        (4, 2, header + 32)
    );
    assert_eq!(usual.element(), DeviceElement::F16);
    assert_eq!(found(&all, Some("a")).unwrap().start, header);
    let one = file(&format!("{{{a},{bias}}}"), 32);
    assert_eq!(found(&one, None).unwrap().rows, 2);
}

#[test]
fn bfloat16_becomes_f32() {
    let bytes = file(&format!("{{{}}}", tensor("x", "BF16", "[1,2]", (0, 4))), 0);
    let bytes = [&bytes[..], &[0x80, 0x3f, 0x20, 0xc0]].concat();
    let layout = found(&bytes, None).unwrap();
    let mut read = Vec::new();
    layout
        .read(&mut Cursor::new(&bytes), 0..1, &mut read)
        .unwrap();
    assert_eq!(
        read,
        [1.0_f32.to_le_bytes(), (-2.5_f32).to_le_bytes()].concat()
    );
}

#[test]
fn each_kind_of_damage_has_its_own_sentence() {
    let a = tensor("a", "F32", "[2,3]", (0, 24));
    let b = tensor("b", "F32", "[2,3]", (24, 48));
    let of = |tensor: String, values| file(&format!("{{{tensor}}}"), values);
    let mut long = file("{}", 0);
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let cases = [
        (vec![1, 2], None, "cut short"),
        (long, None, "longer than"),
        (of(a.clone(), 24)[..40].to_vec(), None, "cut short"),
        (
            of(a.clone(), 23),
            None,
            "need 24 bytes and the file holds 23",
        ),
        (
            of(a.clone(), 25),
            None,
            "need 24 bytes and the file holds 25",
        ),
        (file("[]", 0), None, "header is invalid"),
        (file("{}", 0), None, "it holds no tensor"),
        (of(format!("{a},{b}"), 48), None, "several matrices, a, b"),
        (of(a.clone(), 24), Some("c"), "no tensor 'c'; it has a"),
        (
            of(tensor("a", "I64", "[1,3]", (0, 24)), 24),
            None,
            "holds I64",
        ),
        (
            of(tensor("a", "F32", "[6]", (0, 24)), 24),
            None,
            "no matrix",
        ),
        (
            of(tensor("a", "F32", "[6]", (0, 24)), 24),
            Some("a"),
            "shape [6]",
        ),
        (
            of(tensor("a", "F32", "[0,3]", (0, 0)), 0),
            None,
            "at least one",
        ),
        (
            of(tensor("a", "F32", "[2,3]", (0, 20)), 20),
            None,
            "header is invalid",
        ),
        (
            of(tensor("a", "F32", "[18446744073709551615,4]", (0, 24)), 24),
            None,
            "header is invalid",
        ),
    ];
    for (bytes, tensor, sentence) in cases {
        let message = found(&bytes, tensor).unwrap_err().to_string();
        assert!(message.contains(sentence), "{message:?} lacks {sentence:?}");
        assert!(!message.contains('\n'), "{message:?}");
    }
}

#[test]
fn labels_are_whole_numbers_of_any_width() {
    let bytes = file(
        &format!("{{{}}}", tensor("labels", "I16", "[2]", (0, 4))),
        0,
    );
    let bytes = [&bytes[..], &[7, 0, 0xff, 0xff]].concat();
    let size = bytes.len() as u64;
    let read = |name| labels(Path::new("f"), &mut Cursor::new(&bytes), size, name).unwrap();
    assert_eq!(read("labels"), Some(vec![7, -1]));
    assert_eq!(read("others"), None);
}

fn nearly_a_file() -> impl Strategy<Value = Vec<u8>> {
    let dtype = prop::sample::select(vec!["F16", "BF16", "F32", "F64", "I64", "F4", "x"]);
    let side = prop_oneof![0_u64..5, any::<u64>()];
    let shape = prop::collection::vec(side, 0..4);
    let offset = || prop_oneof![Just(0_usize), 0_usize..64, any::<usize>()];
    (dtype, shape, offset(), offset(), 0_usize..80).prop_map(|(dtype, shape, from, to, values)| {
        file(
            &format!(
                "{{{}}}",
                tensor("features", dtype, &format!("{shape:?}"), (from, to))
            ),
            values,
        )
    })
}

proptest! {
    #[test]
    fn any_bytes_give_a_matrix_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = found(&bytes, None);
    }

    #[test]
    fn what_is_found_lies_in_the_file(bytes in nearly_a_file()) {
        let mut result = None;
        let taken = allocation_counter::measure(|| result = Some(found(&bytes, None)));
        prop_assert!(taken.bytes_max <= 16 * bytes.len() as u64 + 4096, "{taken:?}");
        if let Some(Ok(layout)) = result {
            let mut read = Vec::new();
            layout.read(&mut Cursor::new(&bytes), 0..layout.rows, &mut read).unwrap();
            prop_assert_eq!(read.len() as u64, layout.rows as u64 * layout.row_bytes());
        }
    }
}
