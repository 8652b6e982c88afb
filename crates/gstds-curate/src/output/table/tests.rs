use std::ffi::OsString;

use super::*;

fn table<'a>(kept: &'a [u32], scores: &'a [f32]) -> SelectionTable<'a> {
    SelectionTable {
        kept,
        scores,
        invalid: None,
        paths: None,
        classes: None,
        near_duplicates: None,
        label_losses: None,
    }
}

fn csv(table: &SelectionTable<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    table.csv(&mut bytes).unwrap();
    bytes
}

#[test]
fn csv_has_a_line_per_row_in_index_order_and_says_which_have_no_score() {
    let unread = table(&[2, 0], &[0.5, -1.25e-7, f32::NAN]);
    let text = |table: &SelectionTable<'_>| String::from_utf8(csv(table)).unwrap();
    assert_eq!(
        text(&unread),
        "index,score,kept\n0,0.5,1\n1,-0.000000125,0\n2,,1\n"
    );
    let invalid = Some(&[2][..]);
    let read = SelectionTable { invalid, ..unread };
    assert_eq!(
        text(&read),
        "index,score,kept,valid\n0,0.5,1,1\n1,-0.000000125,0,1\n2,,1,0\n"
    );
    assert_eq!(read.json(&json!({}))["invalid"], json!([2]));
}

#[test]
fn losses_of_labels_are_a_column_and_suspects_a_list() {
    let labels = Classes::of_numbers(&[4, 4, 9]);
    let found = LabelLosses {
        losses: vec![0.25, 3.5, f32::NAN],
        likely: vec![0, 1, 1],
    };
    let table = SelectionTable {
        label_losses: Some((&found, &labels)),
        ..table(&[0], &[1.0, 2.0, 3.0])
    };
    let text = String::from_utf8(csv(&table)).unwrap();
    assert_eq!(
        text,
        "index,score,kept,label_loss,label,likely_label\n0,1,1,0.25,4,4\n1,2,0,3.5,4,9\n2,3,0,,9,9\n"
    );
    assert_eq!(table.json(&json!({}))["label_suspects"], json!([1]));
}

#[test]
fn json_carries_indices_beside_the_summary() {
    let value = table(&[4, 1], &[0.0; 6]).json(&json!({"rows": 6, "kept": 2}));
    assert_eq!(value, json!({"rows": 6, "kept": 2, "indices": [4, 1]}));
}

#[cfg(unix)]
#[test]
fn paths_and_classes_that_are_not_utf8_lose_nothing() {
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
        survivors: vec![0, 1, 0],
        copies: Some(vec![0, 1, 0]),
    };
    let table = SelectionTable {
        paths: Some(&paths),
        classes: Some(&classes),
        near_duplicates: Some(&groups),
        ..table(&[1, 2], &[0.5, 1.0, 2.0])
    };
    let expected = "index,score,kept,path,path_bytes,class,group,copy_of\n\
        0,0.5,0,\"a,b.png\",,cat,0,0\n\
        1,1,1,\"\"\"q\"\".png\",,\\xfe,1,1\n\
        2,2,1,\\xff.png,ff2e706e67,cat,0,0\n";
    assert_eq!(String::from_utf8(csv(&table)).unwrap(), expected);
    let json = table.json(&json!({}));
    assert_eq!(
        json["paths"],
        json!(["\"q\".png", [255, 46, 112, 110, 103]])
    );
    assert_eq!(json["groups"], json!([[0, 2]]));
    assert_eq!(json["copies"], json!([[0, 2]]));
}
