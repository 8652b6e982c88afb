//! Which ranks are kept, and the status block, for few rows. One dispatch of one workgroup.

use super::rank::seeded_hash;
use crate::{
    Options, Order, Rule,
    graph::laplacian::Mode,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct KeepRule(Kernel);

impl KeepRule {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds keep",
                wgsl: shader("keep", &[]),
                bindings: &[Uniform, Read, Read, Write, Write, Write],
                constants: &choice(options),
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params, &ws.state, &ws.order, &ws.marks, &ws.kept, &ws.status,
        ];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [1, 1]);
    }
}

/// The override constants that say which ranks a rule keeps and how they are listed.
pub(crate) fn choice(options: &Options) -> [(&'static str, f64); 2] {
    let kind = match options.rule {
        Rule::Quantile => 0.0,
        Rule::Stratified => 1.0,
        Rule::Signed | Rule::Abs | Rule::AbsSmall | Rule::Random => 2.0,
        Rule::Balanced => 3.0,
    };
    let ascending = f64::from(u8::from(options.order == Order::Ascending));
    [("rank_kind", kind), ("ascending", ascending)]
}

/// The kept rows in rank order, from the rows in the rule's order.
pub fn twin(
    order: &[u32],
    valid: usize,
    kept: usize,
    mode: Mode,
    rule: Rule,
    seed: u64,
) -> Vec<u32> {
    let stratum = |pick: usize| pick * valid / kept;
    let rank = |pick: usize| match (mode, rule) {
        (Mode::IndexOrder, _) => pick,
        (Mode::EvenStride, _) => stratum(pick),
        (_, Rule::Quantile) => (2 * pick + 1) * valid / (2 * kept),
        (_, Rule::Stratified) => {
            let size = stratum(pick + 1) - stratum(pick);
            stratum(pick) + seeded_hash(pick as u32, seed) as usize % size
        }
        (_, Rule::Balanced) => {
            let top = kept.div_ceil(2);
            if pick < top {
                pick
            } else {
                valid - 1 - (pick - top)
            }
        }
        _ => pick,
    };
    (0..kept).map(|pick| order[rank(pick)]).collect()
}
