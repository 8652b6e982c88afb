//! Images of many kinds, decoded as Pillow decodes them, where Python has Pillow.

use std::path::Path;
use std::process::Command;

use super::LIMIT;
use crate::crops::decode::whole;

const SCRIPT: &str = include_str!("odd_images.py");
/// Kinds that the script makes.
const KINDS: usize = 47;

#[test]
fn images_of_47_kinds_are_decoded_as_pillow_decodes_them() {
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    if !python(&["-c", "import PIL"]).is_ok_and(|output| output.status.success()) {
        gstds_testing::left_out("pillow");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = python(&["-c", SCRIPT, folder.to_str().unwrap()]).unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let kinds = std::fs::read_to_string(folder.join("kinds.txt")).unwrap();
    assert_eq!(kinds.lines().count(), KINDS);
    let different: Vec<String> = kinds
        .lines()
        .filter_map(|line| difference(folder, line))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// How an image differs from what is expected, if it does by more than is allowed.
fn difference(folder: &Path, line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split(' ').collect();
    let [name, width, height, allowed] = fields[..] else {
        panic!("{line}");
    };
    let (width, height): (u32, u32) = (width.parse().unwrap(), height.parse().unwrap());
    let allowed: f64 = allowed.parse().unwrap();
    let decoded = match whole(&std::fs::read(folder.join(name)).unwrap(), LIMIT) {
        Ok(decoded) => decoded,
        Err(reason) => return Some(format!("{name}: {reason}")),
    };
    if decoded.dimensions() != (width, height) {
        return Some(format!("{name}: {:?} pixels", decoded.dimensions()));
    }
    let expected = std::fs::read(folder.join(format!("{name}.rgb"))).unwrap();
    assert_eq!(decoded.len(), expected.len());
    let pairs = decoded.iter().zip(&expected);
    let sum: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    let mean = sum / expected.len() as f64;
    (mean > allowed).then(|| format!("{name}: off by {mean:.2} on average, {allowed} is allowed"))
}
