//! Degrees, row scales, trivial vector and start vector; decides the affinity and the mode of the
//! call. One dispatch of one workgroup; reads 12n bytes, writes 16n.

use crate::{
    Affinity, Flags, Laplacian, Options,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct LaplacianOperator(Kernel);

impl LaplacianOperator {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds laplacian",
                wgsl: shader("laplacian", &[]),
                bindings: &[Uniform, Read, Read, Read, Write, Write, Write, Write],
                constants: &[
                    ("symmetric", symmetric(options)),
                    ("affinity_kind", affinity_kind(options)),
                    ("spectral", f64::from(u8::from(options.is_spectral()))),
                ],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.row_sum,
            &ws.row_minimum,
            &ws.valid,
            &ws.state,
            &ws.degree,
            &ws.root,
            &ws.basis,
        ];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [1, 1]);
    }
}

/// The override constant that chooses the Laplacian in every kernel that depends on it.
pub(crate) fn symmetric(options: &Options) -> f64 {
    f64::from(u8::from(options.laplacian == Laplacian::Sym))
}

/// The override constant that chooses the affinity.
pub(crate) fn affinity_kind(options: &Options) -> f64 {
    match options.affinity {
        Affinity::Raw => 0.0,
        Affinity::Shift => 1.0,
        Affinity::Auto => 2.0,
        Affinity::Clamp => 3.0,
    }
}

/// What a call does with its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Solves for the Fiedler vector.
    Solve,
    /// Keeps the first rows, invalid ones last.
    IndexOrder,
    /// Keeps rows at an even stride.
    EvenStride,
}

/// The graph of one call in f64.
#[derive(Clone, Debug)]
pub struct Operator {
    /// What the call does.
    pub mode: Mode,
    /// What was out of the ordinary.
    pub flags: Flags,
    /// Affinity matrix W, n x n; zero where a row is invalid.
    pub affinity: Vec<f64>,
    /// Degrees, n; zero where a row is invalid.
    pub degree: Vec<f64>,
    /// D^-½ (sym) or 1 (un), n; zero where a row is invalid.
    pub root: Vec<f64>,
    /// Unit trivial vector, n.
    pub trivial: Vec<f64>,
    /// Whether the Laplacian is sym.
    pub symmetric: bool,
}

impl Operator {
    /// Smallest and largest degree over valid rows.
    pub fn degree_range(&self) -> (f64, f64) {
        let present = self
            .degree
            .iter()
            .zip(&self.root)
            .filter(|(_, r)| **r > 0.0);
        present.fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(low, high), (&d, _)| (low.min(d), high.max(d)),
        )
    }

    /// N x (sym) or (W − D) x (un).
    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        let rows = x.len();
        let scaled: Vec<f64> = x.iter().zip(&self.root).map(|(x, r)| x * r).collect();
        let lines = self.affinity.chunks(rows);
        lines
            .enumerate()
            .map(|(i, line)| {
                let sum: f64 = line.iter().zip(&scaled).map(|(w, x)| w * x).sum();
                let own = if self.symmetric { 0.0 } else { self.degree[i] };
                self.root[i] * sum - own * x[i]
            })
            .collect()
    }
}

/// The twin: W, degrees, scales and the mode, from similarities.
pub fn twin(similarity: &[f64], valid: &[bool], options: &Options, kept: usize) -> Operator {
    let rows = valid.len();
    let present = valid.iter().filter(|v| **v).count();
    let (row_sums, minima) = super::degree::twin(similarity, valid, options.affinity);
    let minimum = (0..rows)
        .filter(|&i| valid[i])
        .fold(2.0f64, |least, i| least.min(minima[i]));
    let shifted = match options.affinity {
        Affinity::Shift => true,
        Affinity::Auto => minimum < -4e-6,
        _ => false,
    };
    let (shift, scale) = if shifted { (0.5, 0.5) } else { (0.0, 1.0) };
    let lowest = super::degree::floor(options.affinity);
    let affinity = (0..rows * rows)
        .map(|at| {
            let both = valid[at / rows] && valid[at % rows];
            if both {
                (shift + scale * similarity[at]).max(lowest)
            } else {
                0.0
            }
        })
        .collect();
    let total = |i: usize| shift * present as f64 + scale * row_sums[i];
    let degree: Vec<f64> = (0..rows)
        .map(|i| if valid[i] { total(i) } else { 0.0 })
        .collect();
    let edges = (0..rows)
        .filter(|&i| valid[i])
        .fold(0.0f64, |most, i| most.max((total(i) - shift - scale).abs()));
    let symmetric = options.laplacian == Laplacian::Sym;
    let (mode, flags) = decide(&Facts {
        rows,
        present,
        kept,
        minimum,
        edges,
        shifted,
        lowest_degree: (0..rows)
            .filter(|&i| valid[i])
            .fold(f64::INFINITY, |least, i| least.min(degree[i])),
        symmetric,
    });
    let unscaled: Vec<f64> = (0..rows)
        .map(|i| match (valid[i], symmetric) {
            (false, _) => 0.0,
            (true, true) => degree[i].max(0.0).sqrt(),
            (true, false) => 1.0,
        })
        .collect();
    let norm = unscaled.iter().map(|t| t * t).sum::<f64>().sqrt();
    Operator {
        mode,
        flags,
        affinity,
        root: unscaled
            .iter()
            .map(|t| if *t > 0.0 { 1.0 / t } else { 0.0 })
            .collect(),
        trivial: unscaled.iter().map(|t| t / norm).collect(),
        degree,
        symmetric,
    }
}

struct Facts {
    rows: usize,
    present: usize,
    kept: usize,
    minimum: f64,
    edges: f64,
    shifted: bool,
    lowest_degree: f64,
    symmetric: bool,
}

fn decide(facts: &Facts) -> (Mode, Flags) {
    let mut flags = Flags::default();
    if facts.present < facts.rows {
        flags = flags | Flags::INVALID_ROWS;
    }
    if facts.kept >= facts.rows {
        return (Mode::IndexOrder, flags | Flags::KEPT_ALL);
    }
    if facts.present < 3 || facts.present <= facts.kept {
        return (Mode::IndexOrder, flags | Flags::FEW_VALID);
    }
    if facts.shifted {
        flags = flags | Flags::SHIFTED;
    }
    if facts.minimum >= 1.0 - 4e-6 {
        (Mode::EvenStride, flags | Flags::ALL_ALIKE)
    } else if facts.edges <= 1e-6 * facts.present as f64 {
        (Mode::EvenStride, flags | Flags::NO_EDGES)
    } else if facts.symmetric && facts.lowest_degree <= 0.0 {
        (Mode::EvenStride, flags | Flags::NON_POSITIVE_DEGREE)
    } else {
        (Mode::Solve, flags)
    }
}
