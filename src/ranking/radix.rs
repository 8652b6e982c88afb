//! Rows in the rule's order, for many rows: a stable radix sort by four digits of eight bits.
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

const SHIFTS: [u32; 4] = [0, 8, 16, 24];

/// Keys and the rows they belong to.
#[derive(Clone, Copy)]
struct KeyedRows<'a> {
    keys: &'a wgpu::Buffer,
    rows: &'a wgpu::Buffer,
}

/// One pass: counts of a digit, their scan, and the scatter by it.
#[derive(Debug)]
struct DigitPass {
    count: BoundKernel,
    scatter: BoundKernel,
}

impl DigitPass {
    /// A pass of the sort, by the digit that starts at this bit.
    fn new(binder: &Binder<'_>, shift: u32, from: KeyedRows<'_>, to: KeyedRows<'_>) -> Self {
        Self::with(binder, &[("shift", f64::from(shift))], from, to)
    }

    fn with(
        binder: &Binder<'_>,
        constants: &[(&'static str, f64)],
        from: KeyedRows<'_>,
        to: KeyedRows<'_>,
    ) -> Self {
        let given = [
            ("keys", from.keys.as_entire_buffer_binding()),
            ("rows", from.rows.as_entire_buffer_binding()),
            ("keys_out", to.keys.as_entire_buffer_binding()),
            ("rows_out", to.rows.as_entire_buffer_binding()),
        ];
        Self {
            count: binder.bind_with(&table::RADIX_COUNT, &constants[..1], &given),
            scatter: binder.bind_with(&table::RADIX_SCATTER, constants, &given),
        }
    }
}

#[derive(Debug)]
pub(crate) struct RadixSort {
    keys: BoundKernel,
    scan: BoundKernel,
    passes: [DigitPass; 4],
    marked: DigitPass,
}

impl RadixSort {
    /// Dispatches of [`Self::record_order`].
    pub const ORDER_DISPATCHES: u32 = 1 + 3 * SHIFTS.len() as u32;
    /// Dispatches of [`Self::record_marked`].
    pub const MARKED_DISPATCHES: u32 = 3;

    pub fn new(binder: &Binder<'_>) -> Self {
        let ws = binder.workspace;
        let keyed = |keys, rows| KeyedRows { keys, rows };
        let home = keyed(&ws.keys, &ws.order);
        let away = keyed(&ws.spare_keys, &ws.marks);
        let [first, second, third, fourth] = SHIFTS;
        let marks = [("shift", f64::from(first)), ("marked", 1.0)];
        Self {
            keys: binder.bind(&table::RADIX_KEYS),
            scan: binder.bind(&table::RADIX_SCAN),
            passes: [
                DigitPass::new(binder, first, home, away),
                DigitPass::new(binder, second, away, home),
                DigitPass::new(binder, third, home, away),
                DigitPass::new(binder, fourth, away, home),
            ],
            marked: DigitPass::with(binder, &marks, home, keyed(&ws.spare_keys, &ws.kept)),
        }
    }

    /// The rows in the rule's order, and zeros in `keys`.
    pub fn record_order(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.keys.record(pass, rows);
        for digit in &self.passes {
            self.record_pass(pass, digit, rows);
        }
    }

    /// The rows whose entry in `keys` is 1, ascending in `kept`: a pass of the sort, with the marks
    /// as keys.
    pub fn record_marked(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.record_pass(pass, &self.marked, rows);
    }

    fn record_pass(&self, pass: &mut Recorder<'_, '_>, digit: &DigitPass, rows: u32) {
        digit.count.record(pass, rows);
        self.scan.record(pass, rows);
        digit.scatter.record(pass, rows);
    }
}
