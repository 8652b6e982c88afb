//! Rows by falling keys, for many rows: a stable radix sort by digits of eight bits.
//!
//! The work grows with n; places are counted in integers, so that the order is the same on every
//! run and rows of equal keys stay in the order of their numbers. The twin is that of
//! [`super::rank`].

#[cfg(test)]
mod tests;

use crate::{
    kernel::{Binder, BoundKernel, table},
    recorder::Recorder,
};

/// Keys and the rows they belong to.
#[derive(Clone, Copy)]
pub(crate) struct KeyedRows<'a> {
    pub keys: &'a wgpu::Buffer,
    pub rows: &'a wgpu::Buffer,
}

/// One pass: counts of a digit, their scan, and the scatter by it.
#[derive(Debug)]
struct DigitPass {
    count: BoundKernel,
    scan: BoundKernel,
    scatter: BoundKernel,
}

impl DigitPass {
    const DISPATCHES: u32 = 3;

    /// A pass by the digit that starts at the bit which the first of `constants` says.
    fn new(
        binder: &Binder<'_>,
        constants: &[(&'static str, f64)],
        counts: &wgpu::Buffer,
        from: KeyedRows<'_>,
        to: KeyedRows<'_>,
    ) -> Self {
        let given = [
            ("counts", counts.as_entire_buffer_binding()),
            ("keys", from.keys.as_entire_buffer_binding()),
            ("rows", from.rows.as_entire_buffer_binding()),
            ("keys_out", to.keys.as_entire_buffer_binding()),
            ("rows_out", to.rows.as_entire_buffer_binding()),
        ];
        Self {
            count: binder.bind_with(&table::RADIX_COUNT, &constants[..1], &given),
            scan: binder.bind_with(&table::RADIX_SCAN, &[], &given),
            scatter: binder.bind_with(&table::RADIX_SCATTER, constants, &given),
        }
    }

    fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.count.record(pass, rows);
        self.scan.record(pass, rows);
        self.scatter.record(pass, rows);
    }
}

/// A sort by the low `passes` digits of eight bits.
#[derive(Debug)]
pub(crate) struct RadixSort {
    passes: Vec<DigitPass>,
}

impl RadixSort {
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
            let shift = [("shift", 8.0 * number as f64)];
            DigitPass::new(binder, &shift, counts, from, to)
        };
        Self {
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
        for digit in &self.passes {
            digit.record(pass, rows);
        }
    }
}

/// Rows in the rule's order, and the marked ones of them.
#[derive(Debug)]
pub(crate) struct OrderSort {
    keys: BoundKernel,
    sort: RadixSort,
    marked: DigitPass,
}

impl OrderSort {
    const PASSES: usize = 4;
    /// Dispatches of [`Self::record_order`].
    pub const ORDER_DISPATCHES: u32 = 1 + DigitPass::DISPATCHES * Self::PASSES as u32;
    /// Dispatches of [`Self::record_marked`].
    pub const MARKED_DISPATCHES: u32 = DigitPass::DISPATCHES;

    pub fn new(binder: &Binder<'_>) -> Self {
        let ws = binder.workspace;
        let keyed = |keys, rows| KeyedRows { keys, rows };
        let home = keyed(&ws.keys, &ws.order);
        let away = keyed(&ws.spare_keys, &ws.marks);
        let marks = [("shift", 0.0), ("marked", 1.0)];
        let kept = keyed(&ws.spare_keys, &ws.kept);
        Self {
            keys: binder.bind(&table::RADIX_KEYS),
            sort: RadixSort::new(binder, &ws.keys, &ws.counts, [away, home], Self::PASSES),
            marked: DigitPass::new(binder, &marks, &ws.counts, home, kept),
        }
    }

    /// The rows in the rule's order, and zeros in `keys`.
    pub fn record_order(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.keys.record(pass, rows);
        self.sort.record(pass, rows);
    }

    /// The rows whose entry in `keys` is 1, ascending in `kept`: a pass of the sort, with the marks
    /// as keys.
    pub fn record_marked(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.marked.record(pass, rows);
    }
}
