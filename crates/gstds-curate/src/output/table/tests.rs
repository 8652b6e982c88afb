use std::ffi::OsString;

use super::*;

fn table<'a>(kept: &'a [u32], scores: &'a [f32]) -> SelectionTable<'a> {
    SelectionTable {
        kept,
        scores,
        paths: None,
        classes: None,
        near_duplicates: None,
    }
}

fn csv(table: &SelectionTable<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    table.csv(&mut bytes).unwrap();
    bytes
}

#[test]
fn csv_has_a_line_per_row_in_index_order() {
    let bytes = csv(&table(&[2, 0], &[0.5, -1.25e-7, f32::NAN]));
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        "index,score,kept\n0,0.5,1\n1,-0.000000125,0\n2,NaN,1\n"
    );
}

#[test]
fn json_carries_indices_beside_the_summary() {
    let value = table(&[4, 1], &[0.0; 6]).json(&json!({"rows": 6, "kept": 2}));
    assert_eq!(value, json!({"rows": 6, "kept": 2, "indices": [4, 1]}));
}

#[cfg(unix)]
#[test]
fn paths_and_classes_come_out_byte_by_byte() {
    use std::os::unix::ffi::OsStringExt;
    let paths = [
        b"a,b.png".to_vec(),
        b"\"q\".png".to_vec(),
        b"\xff.png".to_vec(),
    ];
    let paths = paths.map(|bytes| PathBuf::from(OsString::from_vec(bytes)));
    let folders = [b"cat/1".to_vec(), b"\xfe/2".to_vec(), b"cat/3".to_vec()];
    let folders = folders.map(|bytes| PathBuf::from(OsString::from_vec(bytes)));
    let classes = Classes::of_folders(&folders);
    let groups = DuplicateGroups {
        threshold: 0.99,
        lowest: vec![0, 1, 0],
    };
    let table = SelectionTable {
        paths: Some(&paths),
        classes: Some(&classes),
        near_duplicates: Some(&groups),
        ..table(&[1, 2], &[0.5, 1.0, 2.0])
    };
    let expected = b"index,score,kept,path,class,group\n\
        0,0.5,0,\"a,b.png\",cat,0\n\
        1,1,1,\"\"\"q\"\".png\",\xfe,1\n\
        2,2,1,\xff.png,cat,0\n";
    assert_eq!(csv(&table), expected);
    let json = table.json(&json!({}));
    assert_eq!(
        json["paths"],
        json!(["\"q\".png", [255, 46, 112, 110, 103]])
    );
    assert_eq!(json["groups"], json!([[0, 2]]));
}
