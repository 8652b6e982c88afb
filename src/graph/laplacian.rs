//! The f64 twin of the Laplacian: weights, degrees, scales and the mode of the call.

use super::{degree, similarity, sparse};
use crate::{
    Affinity, Flags, Laplacian, Options,
    kernel::constants::{floor, rounding},
};

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
    let minimum = smallest_similarity(similarity, valid, options);
    let shifted = shifts(minimum, options);
    let weights = weights(similarity, valid, options, shifted);
    let summary = Summary {
        minimum,
        shifted,
        kept,
    };
    operator(weights, valid, options, &summary)
}

/// The same from weights that are the caller's own.
pub fn of_affinity(affinity: &[f64], valid: &[bool], options: &Options, kept: usize) -> Operator {
    let lines = affinity.chunks(valid.len());
    let degree: Vec<f64> = lines.map(|line| line.iter().sum()).collect();
    let weights = EdgeWeights {
        affinity: affinity.to_vec(),
        edges: degree.iter().map(|d| d.abs()).collect(),
        degree,
    };
    let summary = Summary {
        minimum: 0.0,
        shifted: false,
        kept,
    };
    operator(weights, valid, options, &summary)
}

/// What is known of a call beside its weights.
struct Summary {
    minimum: f64,
    shifted: bool,
    kept: usize,
}

fn operator(
    weights: EdgeWeights,
    valid: &[bool],
    options: &Options,
    summary: &Summary,
) -> Operator {
    let EdgeWeights {
        affinity,
        degree,
        edges,
    } = weights;
    let symmetric = options.laplacian == Laplacian::Sym;
    let of_valid = |values: &[f64], start: f64, pick: fn(f64, f64) -> f64| {
        let chosen = values.iter().zip(valid).filter(|(_, v)| **v);
        chosen.fold(start, |so_far, (x, _)| pick(so_far, *x))
    };
    let (mode, flags) = decide(&GraphSummary {
        rows: valid.len(),
        present: valid.iter().filter(|v| **v).count(),
        kept: summary.kept,
        minimum: summary.minimum,
        edges: of_valid(&edges, 0.0, f64::max),
        shifted: summary.shifted,
        lowest_degree: of_valid(&degree, f64::INFINITY, f64::min),
        symmetric,
        rounding: rounding(options.storage),
    });
    let unscaled = unscaled_trivial(&degree, valid, symmetric);
    let norm = unscaled.iter().map(|t| t * t).sum::<f64>().sqrt();
    let inverse = |t: &f64| if *t > 0.0 { 1.0 / t } else { 0.0 };
    Operator {
        mode,
        flags,
        affinity,
        root: unscaled.iter().map(inverse).collect(),
        trivial: unscaled.iter().map(|t| t / norm).collect(),
        degree,
        symmetric,
    }
}

fn smallest_similarity(similarity: &[f64], valid: &[bool], options: &Options) -> f64 {
    let (_, minima) = degree::twin(similarity, valid, options.affinity);
    let present = minima.iter().zip(valid).filter(|(_, v)| **v);
    present.fold(2.0, |least, (m, _)| least.min(*m))
}

fn shifts(minimum: f64, options: &Options) -> bool {
    match options.affinity {
        Affinity::Shift => true,
        Affinity::Auto => minimum < -rounding(options.storage),
        _ => false,
    }
}

struct EdgeWeights {
    /// W, n x n.
    affinity: Vec<f64>,
    /// Row sums of W.
    degree: Vec<f64>,
    /// What other rows add to each degree, in magnitude.
    edges: Vec<f64>,
}

fn weights(similarity: &[f64], valid: &[bool], options: &Options, shifted: bool) -> EdgeWeights {
    if options.affinity == Affinity::Knn {
        return nearest(similarity, valid, options);
    }
    let rows = valid.len();
    let (shift, scale) = if shifted { (0.5, 0.5) } else { (0.0, 1.0) };
    let lowest = floor(options.affinity);
    let weight = |s: f64| match options.affinity {
        Affinity::Exp => similarity::weight(s, options),
        _ => (shift + scale * s).max(lowest),
    };
    let both = |at: usize| valid[at / rows] && valid[at % rows];
    let entry = |at: usize| {
        if both(at) {
            weight(similarity[at])
        } else {
            0.0
        }
    };
    let affinity: Vec<f64> = (0..rows * rows).map(entry).collect();
    let degree: Vec<f64> = affinity
        .chunks(rows)
        .map(|line| line.iter().sum())
        .collect();
    let edges = degree.iter().map(|d| (d - shift - scale).abs()).collect();
    EdgeWeights {
        affinity,
        degree,
        edges,
    }
}

fn nearest(similarity: &[f64], valid: &[bool], options: &Options) -> EdgeWeights {
    let chosen = sparse::neighbours(similarity, valid, options.neighbours as usize);
    let edges = sparse::edges(&chosen);
    let (affinity, edges) = sparse::entries(similarity, valid, &edges);
    let lines = affinity.chunks(valid.len());
    let degree = lines.map(|line| line.iter().sum()).collect();
    EdgeWeights {
        affinity,
        degree,
        edges,
    }
}

/// D^½1 (sym) or 1 (un); zero where a row is invalid.
fn unscaled_trivial(degree: &[f64], valid: &[bool], symmetric: bool) -> Vec<f64> {
    let entry = |(degree, valid): (&f64, &bool)| match (valid, symmetric) {
        (false, _) => 0.0,
        (true, true) => degree.max(0.0).sqrt(),
        (true, false) => 1.0,
    };
    degree.iter().zip(valid).map(entry).collect()
}

struct GraphSummary {
    rows: usize,
    present: usize,
    kept: usize,
    minimum: f64,
    edges: f64,
    shifted: bool,
    lowest_degree: f64,
    symmetric: bool,
    rounding: f64,
}

fn decide(graph: &GraphSummary) -> (Mode, Flags) {
    let mut flags = Flags::default();
    if graph.present < graph.rows {
        flags = flags | Flags::INVALID_ROWS;
    }
    if graph.kept >= graph.rows {
        return (Mode::IndexOrder, flags | Flags::KEPT_ALL);
    }
    if graph.present < 3 || graph.present <= graph.kept {
        return (Mode::IndexOrder, flags | Flags::FEW_VALID);
    }
    if graph.shifted {
        flags = flags | Flags::SHIFTED;
    }
    if graph.minimum >= 1.0 - graph.rounding {
        (Mode::EvenStride, flags | Flags::ALL_ALIKE)
    } else if graph.edges <= 1e-6 * graph.present as f64 {
        (Mode::EvenStride, flags | Flags::NO_EDGES)
    } else if graph.symmetric && graph.lowest_degree <= 0.0 {
        (Mode::EvenStride, flags | Flags::NON_POSITIVE_DEGREE)
    } else {
        (Mode::Solve, flags)
    }
}
