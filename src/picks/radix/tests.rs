//! Each kernel of a pass against its twin, on poisoned buffers.

use super::{
    Rows, SHIFTS, TILE,
    count::{self, Count},
    scan::{self, Scan},
    scatter::{self, Scatter},
};
use crate::{
    graph::laplacian::Mode,
    picks::{
        rank::seeded_hash,
        tests::{gpu, read, submit, workspace, write, write_call},
    },
};

/// Keys that share many digits, and rows in no order.
fn pairs(rows: usize) -> (Vec<u32>, Vec<u32>) {
    let key = |at: usize| seeded_hash(at as u32, 3) & 0x8f0f_11ff;
    let row = |at: usize| (rows - 1 - at) as u32;
    ((0..rows).map(key).collect(), (0..rows).map(row).collect())
}

#[test]
fn every_pass_is_its_twins() {
    let device = &gpu().device;
    let edge = TILE as usize;
    for rows in [1, 255, 257, edge - 1, edge, edge + 1, 300 * edge + 17] {
        let (keys, order) = pairs(rows);
        for shift in SHIFTS {
            let ws = workspace(rows.max(crate::picks::COMPARED_ROWS + 1));
            write_call(&ws, rows, rows, 1, Mode::Solve);
            write(&ws.keys, &keys);
            write(&ws.order, &order);
            let words = count::twin(&keys, shift).len();
            let (counter, scanner) = (Count::new(device, shift), Scan::new(device));
            let scatterer = Scatter::new(device, shift);
            let from = Rows {
                keys: &ws.keys,
                rows: &ws.order,
            };
            let to = Rows {
                keys: &ws.spare_keys,
                rows: &ws.marks,
            };

            let group = counter.bind(device, &ws, &ws.keys);
            submit(|pass| counter.record(pass, &group, rows as u32));
            let counts: Vec<u32> = read(&ws.counts, 256 + words);
            let expected = count::twin(&keys, shift);
            assert!(counts[256..] == expected, "counts of {rows}, bit {shift}");

            let group = scanner.bind(device, &ws);
            submit(|pass| scanner.record(pass, &group));
            let places: Vec<u32> = read(&ws.counts, 256 + words);
            assert!(
                places == scan::twin(&expected),
                "scan of {rows}, bit {shift}"
            );

            let group = scatterer.bind(device, &ws, &from, &to);
            submit(|pass| scatterer.record(pass, &group, rows as u32));
            let own: Vec<u32> = (0..rows as u32).collect();
            let rows_in = if shift == 0 { &own } else { &order };
            let (sorted, moved) = scatter::twin(&keys, rows_in, shift);
            let found: Vec<u32> = read(&ws.marks, rows);
            assert!(found == moved, "rows of {rows}, bit {shift}");
            let found: Vec<u32> = read(&ws.spare_keys, rows);
            let left = if shift == 24 { vec![0; rows] } else { sorted };
            assert!(found == left, "keys of {rows}, bit {shift}");
        }
    }
}
