//! Rows by falling keys, over buffers of this module's own: the radix sort of the ranking, whose
//! passes keep the order of equal keys.

use crate::{
    kernel::{Binder, BoundKernel, table},
    recorder::Recorder,
};

/// Keys, and the rows they belong to.
#[derive(Clone, Copy)]
pub(super) struct KeyedRows<'a> {
    pub keys: &'a wgpu::Buffer,
    pub rows: &'a wgpu::Buffer,
}

/// A sort by the low `passes` digits of eight bits.
#[derive(Debug)]
pub(super) struct Sort {
    scan: BoundKernel,
    passes: Vec<(BoundKernel, BoundKernel)>,
}

impl Sort {
    /// Sorts `keys`, by way of the first pair of buffers and the second in turn. An odd number of
    /// passes leaves the result in the first one, an even number in the second; a fourth pass leaves
    /// zeros in place of the keys.
    pub fn new(
        binder: &Binder<'_>,
        keys: &wgpu::Buffer,
        counts: &wgpu::Buffer,
        buffers: [KeyedRows<'_>; 2],
        passes: usize,
    ) -> Self {
        let counts = ("counts", counts.as_entire_buffer_binding());
        let pass = |number: usize| {
            let to = buffers[number % 2];
            let from = match number {
                // The first pass takes rows by their places and reads no list of them.
                0 => KeyedRows {
                    keys,
                    rows: buffers[1].rows,
                },
                _ => buffers[(number + 1) % 2],
            };
            let given = [
                ("keys", from.keys.as_entire_buffer_binding()),
                ("rows", from.rows.as_entire_buffer_binding()),
                ("keys_out", to.keys.as_entire_buffer_binding()),
                ("rows_out", to.rows.as_entire_buffer_binding()),
                counts.clone(),
            ];
            let shift = [("shift", 8.0 * number as f64)];
            (
                binder.bind_with(&table::RADIX_COUNT, &shift, &given),
                binder.bind_with(&table::RADIX_SCATTER, &shift, &given),
            )
        };
        Self {
            scan: binder.bind_with(&table::RADIX_SCAN, &[], std::slice::from_ref(&counts)),
            passes: (0..passes).map(pass).collect(),
        }
    }

    /// Passes that tell so many keys apart.
    pub fn passes_for(keys: usize) -> usize {
        match keys {
            0..=256 => 1,
            257..=65_536 => 2,
            _ => 3,
        }
    }

    pub fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        for (count, scatter) in &self.passes {
            count.record(pass, rows);
            self.scan.record(pass, rows);
            scatter.record(pass, rows);
        }
    }
}
