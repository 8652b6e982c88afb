//! What a solve measured, as numbers.

use super::InspectionInput;
use crate::label_losses::LabelLosses;
use crate::near_duplicates::DuplicateGroups;
use crate::pool::Classes;
use gstds::{Flags, Laplacian};
use serde::Serialize;
use serde_json::Value;

/// An eigenvalue up to this, relative to 1 (sym) or the largest degree (un), is 0 up to
/// rounding; the kernels use the same limit.
const ZERO: f32 = 1e-5;

/// What is known of a pool and its selection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectionFacts {
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
    /// Lower bound on the components of the graph; none where nothing was solved, or where λ2 is
    /// negative, as negative similarities can make it: eigenvalues then count no components.
    pub components: Option<usize>,
    /// How the Fiedler vector divides the rows; none where nothing was solved.
    pub split: Option<SignSplit>,
    /// Similarity within and between the two sides, among the rows in the similarity maps.
    #[serde(rename = "sides")]
    pub side_similarity: Option<SideSimilarity>,
    /// Near-duplicates, where they were looked for.
    pub near_duplicates: Option<DuplicateCounts>,
    /// Rows whose most likely class is not that of their label, the largest loss first, where labels
    /// were looked at.
    pub label_suspects: Option<Vec<LabelSuspect>>,
}

/// A row whose label is unlikely.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelSuspect {
    /// The row.
    pub row: u32,
    /// −ln p of its label.
    pub loss: f32,
    /// Its label: text, or its bytes where it is not UTF-8.
    pub label: Value,
    /// Its most likely class, in the same form.
    pub likely: Value,
}

impl LabelSuspect {
    fn all((found, labels): (&LabelLosses, &Classes)) -> Vec<Self> {
        let suspect = |row: u32| Self {
            row,
            loss: found.losses[row as usize],
            label: labels.json_name(labels.of_rows()[row as usize] as usize),
            likely: labels.json_name(found.likely[row as usize] as usize),
        };
        found.suspects(labels).into_iter().map(suspect).collect()
    }
}

/// A Ritz value and, where its vector was computed, how that is spread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Eigenvalue {
    /// 2 is the Fiedler vector's.
    pub number: usize,
    /// The value.
    pub value: f32,
    /// ‖Lv − λv‖, relative to 1 (sym) or the largest degree (un); an estimate where `split` is
    /// none.
    pub residual: f32,
    /// How its vector divides the rows.
    pub split: Option<SignSplit>,
}

/// How scores along a vector are spread over the valid rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignSplit {
    /// Rows whose score is below 0; and 0 or above.
    pub below: usize,
    /// See `below`.
    pub above: usize,
    /// The row with the largest score, either sign.
    pub top_row: u32,
    /// Its share of the sum of squares.
    pub top_share: f64,
    /// (Σx²)² / Σx⁴, the number of equal rows that would be as concentrated.
    pub carried_by: f64,
}

/// Mean cosine similarities of different rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SideSimilarity {
    /// Among rows below 0; none where there are fewer than two.
    pub below: Option<f64>,
    /// Among rows at 0 or above; none where there are fewer than two.
    pub above: Option<f64>,
    /// Between one side and the other.
    pub across: f64,
}

/// Groups of rows that are nearly alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DuplicateCounts {
    /// Cosine similarity that rows of a group have, at least, to its survivor.
    pub threshold: f32,
    /// Groups of two rows or more, the rows in them beside the survivors, and the rows of the
    /// largest, its survivor included.
    pub groups: usize,
    /// See `groups`.
    pub rows: usize,
    /// See `groups`.
    pub largest: usize,
    /// Rows beside the survivors that were kept.
    pub kept: usize,
}

impl InspectionFacts {
    pub(super) fn of(input: &InspectionInput<'_>, is_kept: &[bool]) -> Self {
        let (options, selection) = (input.options, input.selection);
        let status = &selection.status;
        let solved = status.steps > 0;
        let values = match solved {
            true => eigenvalues(input),
            false => Vec::new(),
        };
        let scale = match options.laplacian {
            Laplacian::Sym => 1.0,
            _ => status.degree_max,
        };
        // Further values count only where their vectors confirm them.
        let sure = |value: &&Eigenvalue| value.split.is_some() && value.residual <= ZERO;
        let zeros = values.iter().filter(sure);
        let zeros = zeros.filter(|value| value.value <= ZERO * scale).count();
        let is_negative = status.lambda2 < -ZERO * scale;
        let apart = usize::from(status.flags().contains(Flags::DISCONNECTED));
        Self {
            rows: selection.scores.len(),
            features: input.width,
            valid: selection.scores.len() - input.invalid.len(),
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
            components: (solved && !is_negative).then_some(1 + zeros.max(apart)),
            split: solved.then(|| SignSplit::of(&selection.scores, input.invalid)),
            side_similarity: None,
            near_duplicates: input
                .near_duplicates
                .map(|groups| DuplicateCounts::of(groups, is_kept)),
            label_suspects: input.label_losses.map(LabelSuspect::all),
        }
    }

    /// Whether the kernels raised this flag.
    pub(super) fn has(&self, flag: Flags) -> bool {
        flag.names().all(|name| self.flags.contains(&name))
    }
}

fn eigenvalues(input: &InspectionInput<'_>) -> Vec<Eigenvalue> {
    let selection = input.selection;
    let Some(spectrum) = &selection.spectrum else {
        return vec![Eigenvalue {
            number: 2,
            value: selection.status.lambda2,
            residual: selection.status.residual,
            split: Some(SignSplit::of(&selection.scores, input.invalid)),
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
                split: vector.map(|scores| SignSplit::of(scores, input.invalid)),
            }
        })
        .collect()
}

impl SignSplit {
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

impl DuplicateCounts {
    fn of(groups: &DuplicateGroups, is_kept: &[bool]) -> Self {
        let lists = groups.lists();
        let rows = lists.iter().flat_map(|list| &list[1..]);
        Self {
            threshold: groups.threshold,
            groups: lists.len(),
            rows: rows.clone().count(),
            largest: lists.iter().map(Vec::len).max().unwrap_or(0),
            kept: rows.filter(|&&row| is_kept[row as usize]).count(),
        }
    }
}
