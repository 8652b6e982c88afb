//! No file, however damaged, makes a parser panic or allocate what the file's length does not
//! justify.

use super::{cifar10, flowers, idx, mat, pets, read};
use crate::tests::samples;
use crate::tests::{config, damaged, damages, noise, within};
use flate2::bufread::GzDecoder;
use proptest::prelude::*;
use std::path::Path;

/// Messages, paths, and the state of an unpacker.
const CONSTANT: usize = 128 << 10;
/// Deflate's largest ratio.
const DEFLATE: usize = 1032;

fn path() -> &'static Path {
    Path::new("file")
}

/// Vectors that grow as bytes arrive hold up to three times what has arrived.
fn try_idx(file: &[u8]) {
    within(4 * file.len() + CONSTANT, || {
        let _ = idx::parse::<3>(path(), file);
        let _ = idx::parse::<1>(path(), file);
    });
}

fn try_idx_gz(file: &[u8]) {
    within(4 * DEFLATE * file.len() + CONSTANT, || {
        idx::parse::<3>(path(), GzDecoder::new(file)).ok()
    });
}

fn try_cifar(file: &[u8]) {
    let mut records = cifar10::Records::default();
    within(2 * file.len() + CONSTANT, || {
        let read = cifar10::records(path(), file, &mut records);
        assert_eq!(read.is_ok(), !records.labels.is_empty());
        assert!(records.labels.iter().all(|&label| label < 10));
    });
}

fn try_text(file: &[u8]) {
    let text = file.to_vec();
    within(64 * file.len() + CONSTANT, || {
        if let Ok(text) = read::utf8(path(), text) {
            let _ = cifar10::class_names(path(), &text);
            let entries = pets::entries(path(), &text).unwrap_or_default();
            assert!(entries.iter().all(|e| (1..=37).contains(&e.class_id)));
            assert!(entries.iter().all(|e| !e.name.contains('/')));
        }
    });
}

/// Values are eight bytes each, however they are stored.
fn try_mat(file: &[u8]) {
    let unpacked = mat::LONGEST_UNPACKED as usize;
    within(12 * (file.len() + unpacked) + CONSTANT, || {
        for array in mat::read(file).unwrap_or_default() {
            let arrays = [array];
            let found = flowers::numbers(path(), &arrays, &arrays[0].name, 102);
            assert!(found.is_err() || found.is_ok_and(|n| n.iter().all(|n| (1..=102).contains(n))));
        }
    });
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bytes_without_sense(file in noise()) {
        try_idx(&file);
        try_idx_gz(&file);
        try_cifar(&file);
        try_text(&file);
        try_mat(&file);
        // After a valid header.
        try_idx_gz(&[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], &*file].concat());
        try_mat(&[&samples::mat(&[], false, false), &*file].concat());
    }

    #[test]
    fn damaged_idx(damages in damages()) {
        let sound = samples::idx(&[6, 5, 4], &Vec::from_iter(0..120));
        try_idx(&damaged(&sound, &damages));
        try_idx_gz(&damaged(&samples::gz(&sound), &damages));
        try_idx_gz(&samples::gz(&damaged(&sound, &damages)));
    }

    #[test]
    fn damaged_cifar(damages in damages()) {
        try_cifar(&damaged(&samples::cifar_batch(&[3, 9, 0]), &damages));
    }

    #[test]
    fn damaged_text(damages in damages()) {
        let names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n";
        try_text(&damaged(names.as_bytes(), &damages));
        let list = "# name id\nAbyssinian_1 1 1 0\n\nMaine_Coon_20 24 1 7\npug_3 30 2 21\n";
        try_text(&damaged(list.as_bytes(), &damages));
    }

    #[test]
    fn damaged_mat(damages in damages(), packed: bool, big_endian: bool) {
        let sound = samples::mat(&[("a", &[1, 2, 300]), ("labels", &[7; 40])], packed, big_endian);
        try_mat(&damaged(&sound, &damages));
    }
}

/// A thousandfold: what a header claims and what deflate unpacks to are limited.
#[test]
fn small_files_that_claim_much_are_refused_cheaply() {
    let claim = samples::idx(&[u32::MAX; 3], &[1; 100]);
    let message = idx::parse::<3>(path(), &*claim).unwrap_err().to_string();
    assert!(message.contains("the limit is"), "{message}");
    let claim = samples::idx(&[200, 1000, 1000], &[1; 100]);
    let parse = || idx::parse::<3>(path(), &*claim);
    let message = within(CONSTANT, parse).unwrap_err().to_string();
    assert!(message.contains("only 100 follow"), "{message}");

    let mut bomb = samples::mat(&[], false, false);
    let packed = samples::zlib(&vec![0; 64 << 20]);
    bomb.extend(15u32.to_le_bytes());
    bomb.extend((packed.len() as u32).to_le_bytes());
    bomb.extend(packed);
    assert!(bomb.len() < 100 << 10, "{}", bomb.len());
    let most = 4 * mat::LONGEST_UNPACKED as usize;
    let message = within(most, || mat::read(&bomb)).unwrap_err();
    assert!(message.contains("decompress to more than"), "{message}");
}
