//! Each kernel of a pass against its twin, on poisoned buffers.

use super::{DigitPass, KeyedRows};
use crate::{
    Options,
    graph::laplacian::Mode,
    hash::seeded_hash,
    kernel::{Binder, Pipelines},
    ranking::tests::{gpu, read, submit, workspace, write, write_call},
    workspace::{COMPARED_ROWS, RADIX_TILE},
};

/// A line a digit with an entry a tile.
#[cfg(test)]
fn count(keys: &[u32], shift: u32) -> Vec<u32> {
    let tiles = keys.len().div_ceil(RADIX_TILE as usize);
    let mut counts = vec![0; 256 * tiles];
    for (at, key) in keys.iter().enumerate() {
        let digit = (!key >> shift) as usize % 256;
        counts[digit * tiles + at / RADIX_TILE as usize] += 1;
    }
    counts
}

/// The total of every line, then the lines with each entry replaced by the sum of those before it.
#[cfg(test)]
fn scan(counts: &[u32]) -> Vec<u32> {
    let lines = || counts.chunks(counts.len() / 256);
    let totals = lines().map(|line| line.iter().sum());
    let before = lines().flat_map(|line| {
        line.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum - count)
        })
    });
    totals.chain(before).collect()
}

/// Keys and rows by one digit, larger digits first, equal ones in the order they came.
#[cfg(test)]
fn scatter(keys: &[u32], rows: &[u32], shift: u32) -> (Vec<u32>, Vec<u32>) {
    let mut pairs: Vec<_> = keys.iter().copied().zip(rows.iter().copied()).collect();
    pairs.sort_by_key(|(key, _)| (!key >> shift) % 256);
    pairs.into_iter().unzip()
}

/// Keys that share many digits, and rows in no order.
fn pairs(rows: usize) -> (Vec<u32>, Vec<u32>) {
    let key = |at: usize| seeded_hash(at as u32, 3) & 0x8f0f_11ff;
    let row = |at: usize| (rows - 1 - at) as u32;
    ((0..rows).map(key).collect(), (0..rows).map(row).collect())
}

#[test]
fn every_pass_is_its_twins() {
    let pipelines = Pipelines::new(&gpu().device, &Options::default(), None);
    let edge = RADIX_TILE as usize;
    for rows in [1, 255, 257, edge - 1, edge, edge + 1, 300 * edge + 17] {
        let (keys, order) = pairs(rows);
        for shift in [0, 8, 16, 24] {
            let ws = workspace(rows.max(COMPARED_ROWS + 1));
            write_call(&ws, rows, rows, 1, Mode::Solve);
            write(&ws.keys, &keys);
            write(&ws.order, &order);
            let binder = Binder {
                pipelines: &pipelines,
                workspace: &ws,
            };
            let from = KeyedRows {
                keys: &ws.keys,
                rows: &ws.order,
            };
            let to = KeyedRows {
                keys: &ws.spare_keys,
                rows: &ws.marks,
            };
            let constants = [("shift", f64::from(shift))];
            let digit = DigitPass::new(&binder, &constants, &ws.counts, from, to);

            let expected = count(&keys, shift);
            submit(|pass| digit.count.record(pass, rows as u32));
            let counts: Vec<u32> = read(&ws.counts, 256 + expected.len());
            assert!(counts[256..] == expected, "counts of {rows}, bit {shift}");

            submit(|pass| digit.scan.record(pass, rows as u32));
            let places: Vec<u32> = read(&ws.counts, 256 + expected.len());
            assert!(places == scan(&expected), "scan of {rows}, bit {shift}");

            submit(|pass| digit.scatter.record(pass, rows as u32));
            let own: Vec<u32> = (0..rows as u32).collect();
            let rows_in = if shift == 0 { &own } else { &order };
            let (sorted, moved) = scatter(&keys, rows_in, shift);
            let found: Vec<u32> = read(&ws.marks, rows);
            assert!(found == moved, "rows of {rows}, bit {shift}");
            let found: Vec<u32> = read(&ws.spare_keys, rows);
            let left = if shift == 24 { vec![0; rows] } else { sorted };
            assert!(found == left, "keys of {rows}, bit {shift}");
        }
    }
}
