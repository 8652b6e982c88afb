//! Rows in the rule's order, for many rows: a stable radix sort by four digits of eight bits.
//!
//! The work grows with n; places are counted in integers, so that the order is the same on every
//! run and rows of equal keys stay in the order of their numbers. The twin is that of
//! [`super::rank`].

mod count;
mod keys;
mod scan;
mod scatter;
#[cfg(test)]
mod tests;

use crate::{Rule, workspace::Workspace};
use count::Count;
use keys::Keys;
use scan::Scan;
use scatter::Scatter;

/// Rows of a workgroup; mirrors `shaders/shared/radix.wgsl`. 2^24 rows are 8192 workgroups.
const TILE: u32 = 2048;
const SHIFTS: [u32; 4] = [0, 8, 16, 24];

/// Workgroups that take these rows.
pub(super) fn tiles(rows: u32) -> u32 {
    rows.div_ceil(TILE)
}

/// Words of the digit counts of these rows: a total a digit, and an entry a digit and tile.
pub(crate) fn count_words(rows: usize) -> usize {
    256 * (1 + rows.div_ceil(TILE as usize))
}

/// Keys and the rows they belong to.
struct Rows<'a> {
    keys: &'a wgpu::Buffer,
    rows: &'a wgpu::Buffer,
}

/// One pass: counts of a digit, their scan, and the scatter by it.
#[derive(Debug)]
struct Pass {
    count: Count,
    scatter: Scatter,
}

#[derive(Debug)]
struct PassBindings {
    count: wgpu::BindGroup,
    scatter: wgpu::BindGroup,
}

impl Pass {
    fn bind(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        from: &Rows<'_>,
        to: &Rows<'_>,
    ) -> PassBindings {
        PassBindings {
            count: self.count.bind(device, ws, from.keys),
            scatter: self.scatter.bind(device, ws, from, to),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Radix {
    keys: Keys,
    scan: Scan,
    passes: [Pass; 4],
}

#[derive(Debug)]
pub(crate) struct RadixBindings {
    keys: wgpu::BindGroup,
    scan: wgpu::BindGroup,
    passes: [PassBindings; 4],
    marked: PassBindings,
}

impl Radix {
    /// Dispatches of [`Self::record_order`].
    pub const ORDER_DISPATCHES: u32 = 1 + 3 * SHIFTS.len() as u32;
    /// Dispatches of [`Self::record_marked`].
    pub const MARKED_DISPATCHES: u32 = 3;

    pub fn new(device: &wgpu::Device, rule: Rule) -> Self {
        Self {
            keys: Keys::new(device, rule),
            scan: Scan::new(device),
            passes: SHIFTS.map(|shift| Pass {
                count: Count::new(device, shift),
                scatter: Scatter::new(device, shift),
            }),
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> RadixBindings {
        let home = Rows {
            keys: &ws.keys,
            rows: &ws.order,
        };
        let away = Rows {
            keys: &ws.spare_keys,
            rows: &ws.marks,
        };
        let listed = Rows {
            keys: &ws.spare_keys,
            rows: &ws.kept,
        };
        let [first, second, third, fourth] = &self.passes;
        RadixBindings {
            keys: self.keys.bind(device, ws),
            scan: self.scan.bind(device, ws),
            passes: [
                first.bind(device, ws, &home, &away),
                second.bind(device, ws, &away, &home),
                third.bind(device, ws, &home, &away),
                fourth.bind(device, ws, &away, &home),
            ],
            marked: first.bind(device, ws, &home, &listed),
        }
    }

    /// The rows in the rule's order, and zeros in `keys`.
    pub fn record_order(&self, pass: &mut wgpu::ComputePass<'_>, bound: &RadixBindings, rows: u32) {
        self.keys.record(pass, &bound.keys, rows);
        for (by, groups) in self.passes.iter().zip(&bound.passes) {
            self.record_pass(pass, by, groups, &bound.scan, rows);
        }
    }

    /// The rows whose entry in `keys` is 1, ascending in `kept`, followed there by those with 0:
    /// a pass of the sort, with the marks as keys.
    pub fn record_marked(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &RadixBindings,
        rows: u32,
    ) {
        self.record_pass(pass, &self.passes[0], &bound.marked, &bound.scan, rows);
    }

    fn record_pass(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        by: &Pass,
        groups: &PassBindings,
        scan: &wgpu::BindGroup,
        rows: u32,
    ) {
        by.count.record(pass, &groups.count, rows);
        self.scan.record(pass, scan);
        by.scatter.record(pass, &groups.scatter, rows);
    }
}
