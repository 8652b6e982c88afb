use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::matrix::stored_type::DeviceElement;

/// A file as NumPy writes it, of any version.
fn file(version: u8, dict: &str, values: &[u8]) -> Vec<u8> {
    let mut bytes = header::MAGIC.to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((dict.len() as u16).to_le_bytes()),
        _ => bytes.extend((dict.len() as u32).to_le_bytes()),
    }
    bytes.extend(dict.as_bytes());
    bytes.extend(values);
    bytes
}

fn dict(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
}

/// A file read to its end.
#[derive(Debug)]
struct ParsedMatrix {
    rows: usize,
    features: usize,
    values: Vec<f32>,
}

fn parsed(bytes: &[u8]) -> Result<ParsedMatrix> {
    let mut input = Cursor::new(bytes);
    let layout = layout(Path::new("f.npy"), &mut input, bytes.len() as u64)?;
    let (rows, features) = (layout.rows, layout.features);
    let mut stored = Vec::new();
    layout.read(&mut input, 0..rows, &mut stored).unwrap();
    let values = match layout.element() {
        DeviceElement::F16 => stored
            .chunks_exact(2)
            .map(|at| half::f16::from_le_bytes([at[0], at[1]]).to_f32())
            .collect(),
        DeviceElement::F32 => stored
            .chunks_exact(4)
            .map(|at| f32::from_le_bytes([at[0], at[1], at[2], at[3]]))
            .collect(),
    };
    Ok(ParsedMatrix {
        rows,
        features,
        values,
    })
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

const SIX: [f32; 6] = [1.0, -2.5, 3.0, 0.25, 5.0, -6.0];

#[test]
fn every_version_is_read() {
    for version in 1..=3 {
        let bytes = file(version, &dict("<f4", "False", "(2, 3)"), &f32s(&SIX));
        let matrix = parsed(&bytes).unwrap();
        assert_eq!((matrix.rows, matrix.features), (2, 3));
        assert_eq!(matrix.values, SIX);
    }
}

#[test]
fn every_dtype_and_byte_order_is_read() {
    let halves = SIX.map(half::f16::from_f32);
    let stored: [(&str, Vec<u8>); 6] = [
        (
            "<f2",
            halves
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        ),
        (
            ">f2",
            halves
                .iter()
                .flat_map(|value| value.to_be_bytes())
                .collect(),
        ),
        ("<f4", f32s(&SIX)),
        (
            ">f4",
            SIX.iter().flat_map(|value| value.to_be_bytes()).collect(),
        ),
        (
            "<f8",
            SIX.iter()
                .flat_map(|&value| f64::from(value).to_le_bytes())
                .collect(),
        ),
        (
            ">f8",
            SIX.iter()
                .flat_map(|&value| f64::from(value).to_be_bytes())
                .collect(),
        ),
    ];
    for (descr, values) in stored {
        let bytes = file(1, &dict(descr, "False", "(3, 2)"), &values);
        assert_eq!(parsed(&bytes).unwrap().values, SIX, "{descr}");
    }
}

#[test]
fn fortran_order_is_transposed() {
    let columns = [1.0, 0.25, -2.5, 5.0, 3.0, -6.0];
    let bytes = file(1, &dict("<f4", "True", "(2, 3)"), &f32s(&columns));
    assert_eq!(parsed(&bytes).unwrap().values, SIX);
}

#[test]
fn headers_of_other_writers_are_read() {
    let tight = "{\"shape\":(2L,3L),\"descr\":\"<f4\",\"fortran_order\":False}";
    assert_eq!(parsed(&file(1, tight, &f32s(&SIX))).unwrap().values, SIX);
}

#[test]
fn float64_rows_beyond_float32_keep_their_direction() {
    for scale in [1e300, 1e-300, f64::from_bits(3)] {
        let row = [2.0 * scale, -scale, 0.0];
        let values: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
        let matrix = parsed(&file(1, &dict("<f8", "False", "(1, 3)"), &values)).unwrap();
        let [a, b, c] = matrix.values[..] else {
            panic!("three values")
        };
        assert!(a.is_normal() && b.is_normal(), "{:?}", matrix.values);
        assert_eq!((a / b, c), (-2.0, 0.0));
    }
    let dirty = [f64::NAN, 1e300, f64::INFINITY];
    let values: Vec<u8> = dirty.iter().flat_map(|value| value.to_le_bytes()).collect();
    let matrix = parsed(&file(1, &dict("<f8", "False", "(1, 3)"), &values)).unwrap();
    assert!(matrix.values.iter().all(|value| !value.is_finite()));
}

#[test]
fn each_kind_of_damage_has_its_own_sentence() {
    let good = file(1, &dict("<f4", "False", "(2, 3)"), &f32s(&SIX));
    let with = |descr, shape| file(1, &dict(descr, "False", shape), &f32s(&SIX));
    let cases: [(Vec<u8>, &str); 18] = [
        (vec![], "it is empty"),
        (b"index,score\n".to_vec(), "magic bytes"),
        (b"hi".to_vec(), "magic bytes"),
        (good[..4].to_vec(), "cut short"),
        (good[..9].to_vec(), "cut short"),
        (good[..40].to_vec(), "cut short"),
        (
            good[..good.len() - 1].to_vec(),
            "needs 24 bytes of values and the file holds 23",
        ),
        ([&good[..], b"more"].concat(), "4 bytes follow"),
        (
            file(4, &dict("<f4", "False", "(2, 3)"), &f32s(&SIX)),
            "version is 4.0",
        ),
        (with("<i8", "(2, 3)"), "dtype is <i8"),
        (with("|O", "(2, 3)"), "dtype is |O"),
        (with("é", "(2, 3)"), "dtype is é"),
        (with("<f4", "(6,)"), "shape is (6,)"),
        (with("<f4", "(1, 2, 3)"), "shape is (1, 2, 3)"),
        (with("<f4", "(0, 3)"), "at least one sample"),
        (
            with("<f4", "(9000000000000000000, 0)"),
            "at least one sample",
        ),
        (with("<f4", "(4000000000, 4000000000)"), "more bytes than"),
        (
            with("<f4", "(20, 30)"),
            "needs 2400 bytes of values and the file holds 24",
        ),
    ];
    for (bytes, expected) in cases {
        let message = parsed(&bytes).unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
        assert!(!message.contains('\n'), "{message:?} is more than one line");
    }
}

#[test]
fn a_header_that_is_no_dictionary_of_an_array_is_refused() {
    let structured = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}";
    let cases = [
        ("[]", "opening brace"),
        ("{", "quoted string"),
        ("{'descr' '<f4'}", "colon"),
        ("{'descr': '<f4', 'fortran_order': False}", "the key shape"),
        (
            "{'descr': '<f4', 'fortran_order': 1, 'shape': (2, 3)}",
            "True or False",
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}",
            "whole number",
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 99999999999999999999)}",
            "whole number",
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} {}",
            "end of the header",
        ),
        ("{'mood': 'good'}", "the key descr"),
        (structured, "[('a', '<f4')]"),
    ];
    for (text, expected) in cases {
        let message = parsed(&file(1, text, &f32s(&SIX))).unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
    }
}

#[test]
fn a_header_is_not_read_past_what_an_array_needs() {
    let mut bytes = file(2, "{}", &[]);
    bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let message = parsed(&bytes).unwrap_err().to_string();
    assert!(message.contains("4294967295"), "{message}");
}

#[test]
fn indices_are_written_as_numpy_writes_them() {
    let bytes = indices(&[3, 70_000]);
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0);
    let text = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    assert_eq!(
        text.trim_end(),
        "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }"
    );
    assert!(text.ends_with('\n'));
    let expected: Vec<u8> = [3_i64, 70_000]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    assert_eq!(&bytes[10 + length..], expected);
}

#[test]
fn a_matrix_that_was_written_is_read() {
    let values = [0.5, -1.0, 3.25, 0.0, 7.0, 1e-3];
    let read = parsed(&matrix(&values, 2, 3)).unwrap();
    assert_eq!((read.rows, read.features), (2, 3));
    assert_eq!(read.values, values);
}

/// A header that is nearly right: each entry is drawn from good and bad ones.
fn nearly_a_file() -> impl Strategy<Value = Vec<u8>> {
    let descr = prop::sample::select(vec![
        "'<f4'", "'>f8'", "'=f2'", "'<i4'", "'", "[('x',", "7", "'<f16'",
    ]);
    let order = prop::sample::select(vec!["False", "True", "None", ""]);
    let side = prop_oneof![0_u64..5, any::<u64>()];
    let shape = prop::collection::vec(side, 0..4);
    let values = prop::collection::vec(any::<u8>(), 0..80);
    let shape = shape.prop_map(|sides| {
        sides
            .iter()
            .map(|side| format!("{side}, "))
            .collect::<String>()
    });
    (1_u8..5, descr, order, shape, values).prop_map(|(version, descr, order, shape, values)| {
        let dict = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': ({shape})}}");
        file(version, &dict, &values)
    })
}

/// Memory that the size of a file justifies: values as stored and as f32, one row as f64, and a
/// little for header and messages.
fn justified(bytes: &[u8]) -> u64 {
    8 * bytes.len() as u64 + 4096
}

#[test]
fn memory_is_bounded_by_the_size_of_the_file() {
    let stored = |descr, shape, size| file(2, &dict(descr, "False", shape), &vec![1; size]);
    let mut long = stored("<f4", "(1, 1)", 4);
    long[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let cases = [
        (stored("<f2", "(1000, 100)", 200_000), true),
        (stored("<f8", "(1000, 100)", 800_000), true),
        (stored("<f2", "(1, 100000)", 200_000), true),
        (stored("<f4", "(100000, 100000)", 64), false),
        (stored("<f4", "(4611686018427387904, 1)", 64), false),
        (
            stored("<f4", "(18446744073709551615, 18446744073709551615)", 64),
            false,
        ),
        (stored("<f4", "(0, 18446744073709551615)", 64), false),
        (stored("<f4", "(1000000000, 0)", 64), false),
        (long, false),
    ];
    for (bytes, is_read) in cases {
        let taken = allocation_counter::measure(|| assert_eq!(parsed(&bytes).is_ok(), is_read));
        assert!(
            taken.bytes_max <= justified(&bytes),
            "{taken:?} for a file of {} bytes",
            bytes.len()
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_give_a_matrix_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parsed(&bytes);
    }

    #[test]
    fn any_bytes_after_the_magic_give_a_matrix_or_an_error(
        version in 1_u8..4,
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut bytes = header::MAGIC.to_vec();
        bytes.extend([version, 0]);
        bytes.extend(rest);
        let _ = parsed(&bytes);
    }

    #[test]
    fn what_is_read_fits_the_file(bytes in nearly_a_file()) {
        let mut result = None;
        let taken = allocation_counter::measure(|| result = Some(parsed(&bytes)));
        prop_assert!(taken.bytes_max <= justified(&bytes), "{taken:?} for {} bytes", bytes.len());
        if let Some(Ok(matrix)) = result {
            prop_assert_eq!(matrix.values.len(), matrix.rows * matrix.features);
        }
    }

    #[test]
    fn a_cut_file_is_never_read(cut in 0_usize..100, fortran: bool) {
        let order = if fortran { "True" } else { "False" };
        let bytes = file(1, &dict("<f4", order, "(2, 3)"), &f32s(&SIX));
        prop_assume!(cut < bytes.len());
        prop_assert!(parsed(&bytes[..cut]).is_err());
    }

    #[test]
    fn values_come_back(rows in 1_usize..6, features in 1_usize..6, seed: u32) {
        let values: Vec<f32> = (0..rows * features)
            .map(|i| f32::from_bits(0x3f00_0000 | (seed.wrapping_mul(i as u32 + 1) & 0xff_ffff)))
            .collect();
        let bytes = file(2, &dict("<f4", "False", &format!("({rows}, {features})")), &f32s(&values));
        prop_assert_eq!(parsed(&bytes).unwrap().values, values);
    }
}
