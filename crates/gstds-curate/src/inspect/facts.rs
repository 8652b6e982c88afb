//! What a solve measured, as numbers.

use super::{Sides, Subject};
use gstds::{Flags, Laplacian};
use serde::Serialize;

/// A value at most so large, relative to 1 (sym) or the largest degree (un), is 0 but for rounding;
/// the kernels' own limit.
const ZERO: f32 = 1e-5;

/// What is known of a pool and its selection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facts {
    /// Rows, and features of each.
    pub rows: usize,
    /// See `rows`.
    pub features: usize,
    /// Rows in the graph.
    pub valid: usize,
    /// Rows kept.
    pub kept: usize,
    /// The options' names.
    pub laplacian: &'static str,
    /// See `laplacian`.
    pub affinity: &'static str,
    /// See `laplacian`.
    pub rule: &'static str,
    /// The path that was taken.
    pub path: &'static str,
    /// Solver steps; 0 where nothing was solved.
    pub steps: u32,
    /// Algebraic connectivity; 0 where nothing was solved.
    pub lambda2: f32,
    /// Of the Fiedler vector, relative to 1 (sym) or the largest degree (un).
    pub residual: f32,
    /// Names of the status's flags.
    pub flags: Vec<&'static str>,
    /// Smallest and largest degree.
    pub degrees: [f32; 2],
    /// λ2, λ3 and so on as far as they are known, ascending.
    pub eigenvalues: Vec<Eigenvalue>,
    /// Components of the graph at least; none where nothing was solved.
    pub components: Option<usize>,
    /// How the Fiedler vector divides the rows; none where nothing was solved.
    pub split: Option<Split>,
    /// How alike rows are on either side, of those drawn in the similarity maps.
    pub sides: Option<Sides>,
    /// Near-duplicates, where they were looked for.
    pub near_duplicates: Option<Duplicates>,
}

/// A Ritz value and, where its vector was computed, how that is spread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Eigenvalue {
    /// 2 is the Fiedler vector's.
    pub number: usize,
    /// The value.
    pub value: f32,
    /// ‖Lv − λv‖, relative to 1 (sym) or the largest degree (un); an estimate where `split` is none.
    pub residual: f32,
    /// How its vector divides the rows.
    pub split: Option<Split>,
}

/// How scores along a vector are spread over the valid rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Split {
    /// Rows whose score is below 0; and 0 or above.
    pub below: usize,
    /// See `below`.
    pub above: usize,
    /// The row with the largest score, either sign.
    pub top_row: u32,
    /// Its share of the sum of squares.
    pub top_share: f64,
    /// (Σx²)² / Σx⁴: as many rows, carrying equal parts, would be as concentrated.
    pub carried_by: f64,
}

/// Groups of rows that are nearly alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Duplicates {
    /// Cosine similarity from which pairs are joined.
    pub threshold: f32,
    /// Groups of two rows or more, the rows in them, and those in the largest.
    pub groups: usize,
    /// See `groups`.
    pub rows: usize,
    /// See `groups`.
    pub largest: usize,
    /// Rows of the groups that were kept.
    pub kept: usize,
}

impl Facts {
    pub(super) fn of(subject: &Subject<'_>, is_kept: &[bool]) -> Self {
        let (options, selection) = (subject.options, subject.selection);
        let status = &selection.status;
        let solved = status.steps > 0;
        let values = match solved {
            true => eigenvalues(subject),
            false => Vec::new(),
        };
        let scale = match options.laplacian {
            Laplacian::Sym => 1.0,
            _ => status.degree_max,
        };
        // The further values are taken only where their vectors have shown them to be right.
        let sure = |value: &&Eigenvalue| value.split.is_some() && value.residual <= ZERO;
        let zeros = values.iter().filter(sure);
        let zeros = zeros.filter(|value| value.value <= ZERO * scale).count();
        let apart = usize::from(status.flags().contains(Flags::DISCONNECTED));
        Self {
            rows: selection.scores.len(),
            features: subject.width,
            valid: selection.scores.len() - subject.invalid.len(),
            kept: selection.kept.len(),
            laplacian: options.laplacian.name(),
            affinity: options.affinity.name(),
            rule: options.rule.name(),
            path: selection.path.name(),
            steps: status.steps,
            lambda2: status.lambda2,
            residual: status.residual,
            flags: status.flags().names().collect(),
            degrees: [status.degree_min, status.degree_max],
            eigenvalues: values,
            components: solved.then_some(1 + zeros.max(apart)),
            split: solved.then(|| Split::of(&selection.scores, subject.invalid)),
            sides: None,
            near_duplicates: subject
                .groups
                .map(|(threshold, groups)| Duplicates::of(threshold, groups, is_kept)),
        }
    }

    /// Whether the kernels raised this flag.
    pub(super) fn has(&self, flag: Flags) -> bool {
        flag.names().all(|name| self.flags.contains(&name))
    }
}

fn eigenvalues(subject: &Subject<'_>) -> Vec<Eigenvalue> {
    let selection = subject.selection;
    let Some(spectrum) = &selection.spectrum else {
        return vec![Eigenvalue {
            number: 2,
            value: selection.status.lambda2,
            residual: selection.status.residual,
            split: Some(Split::of(&selection.scores, subject.invalid)),
        }];
    };
    let pairs = spectrum.values.iter().zip(&spectrum.residuals);
    let pairs = pairs.take(spectrum.found as usize).enumerate();
    pairs
        .map(|(place, (&value, &residual))| {
            let computed = place < spectrum.vectors as usize;
            let vector = selection.vectors.get(place).filter(|_| computed);
            Eigenvalue {
                number: place + 2,
                value,
                residual,
                split: vector.map(|scores| Split::of(scores, subject.invalid)),
            }
        })
        .collect()
}

impl Split {
    fn of(scores: &[f32], invalid: &[u32]) -> Self {
        let (mut squares, mut fourths, mut below) = (0.0, 0.0, 0);
        let mut top = (0, -1.0);
        for (row, &score) in scores.iter().enumerate() {
            let square = f64::from(score).powi(2);
            squares += square;
            fourths += square * square;
            below += usize::from(score < 0.0);
            if square > top.1 {
                top = (row as u32, square);
            }
        }
        let part = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            below,
            above: scores.len() - invalid.len() - below,
            top_row: top.0,
            top_share: part(top.1, squares),
            carried_by: part(squares * squares, fourths),
        }
    }
}

impl Duplicates {
    fn of(threshold: f32, groups: &[u32], is_kept: &[bool]) -> Self {
        let mut sizes = vec![0_usize; groups.len()];
        for &group in groups {
            sizes[group as usize] += 1;
        }
        let found = || sizes.iter().copied().filter(|&size| size > 1);
        let rows = groups.iter().zip(is_kept);
        let kept = rows.filter(|(group, kept)| sizes[**group as usize] > 1 && **kept);
        Self {
            threshold,
            groups: found().count(),
            rows: found().sum(),
            largest: found().max().unwrap_or(0),
            kept: kept.count(),
        }
    }
}
