//! What the numbers show, in sentences.

use super::{InspectedPool, InspectionFacts, SignSplit};
use gstds::Flags;
use gstds_data::counted;

/// λ2 at most this share of λ3 is called a near-cut. Ours: no theorem draws the line.
const NEAR_CUT: f32 = 0.5;
/// A row with this share of the squares, among at least this many rows, is called an outlier.
const OUTLIER: (f64, usize) = (0.5, 8);

/// A residual up to this counts as converged; the kernels' own limit.
const CONVERGED: f32 = 1e-6;

/// What is found: a sentence that needs no mathematics, and what it was concluded from.
pub(super) struct Finding {
    pub says: String,
    pub figures: String,
}

impl Finding {
    fn new(says: impl Into<String>, figures: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            figures: figures.into(),
        }
    }

    /// Both, as one text.
    pub(super) fn text(&self) -> String {
        match self.figures.is_empty() {
            true => self.says.clone(),
            false => format!("{} {}", self.says, self.figures),
        }
    }
}

/// All findings, the most important first.
pub(super) fn all(pool: &InspectedPool<'_>) -> Vec<Finding> {
    let facts = &pool.facts;
    let mut findings = Vec::new();
    match &facts.split {
        None => findings.push(unsolved(facts)),
        Some(split) => {
            findings.push(connection(facts));
            findings.push(spread(pool, split));
            findings.push(balance(facts, split));
        }
    }
    findings.extend(duplicates(facts));
    findings.extend(label_suspects(pool));
    findings.extend(invalid(pool));
    findings.extend(solve(facts));
    findings
}

fn unsolved(facts: &InspectionFacts) -> Finding {
    let InspectionFacts {
        rows, valid, kept, ..
    } = facts;
    let reason = if facts.has(Flags::KEPT_ALL) {
        let all = match rows {
            1 => "the only row is".into(),
            _ => format!("all {rows} rows are"),
        };
        format!("{all} kept. Keep fewer of them to see how they differ.")
    } else if facts.has(Flags::FEW_VALID) {
        format!(
            "only {valid} of {rows} rows are neither zero, NaN nor infinite; at least 3, and more than the {kept} kept, are needed."
        )
    } else if facts.has(Flags::ALL_ALIKE) {
        "all rows point the same way, so nothing divides them; rows are kept at an even stride."
            .into()
    } else if facts.has(Flags::NO_EDGES) {
        "no row is like any other, so the graph has no edges; rows are kept at an even stride."
            .into()
    } else {
        "the kernels do not say why.".into()
    };
    Finding::new(format!("There is no order to show: {reason}"), "")
}

/// Components, a near-cut, or one piece.
fn connection(facts: &InspectionFacts) -> Finding {
    let lambda2 = number(facts.lambda2);
    let third = facts.eigenvalues.get(1).map(|third| third.value);
    let gap = match third {
        Some(third) => format!(
            "the next value is {}, a gap of {}",
            number(third),
            number(third - facts.lambda2)
        ),
        None => "the gap to the next value is not known here".into(),
    };
    match (facts.components, third) {
        (None, _) => Finding::new(
            "Whether the pool falls into groups cannot be told, because some similarities are negative.",
            format!(
                "λ2 is {lambda2}, below 0, because some similarities are negative: eigenvalues do not count components here, and affinities auto and shift avoid it; {gap}."
            ),
        ),
        (Some(components), _) if components > 1 => Finding::new(
            format!(
                "The pool falls into at least {} groups that have nothing in common.",
                spelt(components)
            ),
            format!(
                "At least {} components: λ2 is {lambda2}, 0 up to rounding; {gap}. A multiple eigenvalue appears only once among the Ritz values, so there may be more components, and the Fiedler vector is one of many possible.",
                spelt(components)
            ),
        ),
        (_, Some(third)) if facts.lambda2 <= NEAR_CUT * third => Finding::new(
            "The pool falls into two groups that have little in common.",
            format!(
                "A near-cut, almost two components: λ2 is {lambda2}, at most half of the next value; {gap}."
            ),
        ),
        (_, Some(_)) => Finding::new(
            "The graph is connected: no group of rows is cut off from the rest.",
            format!(
                "One connected piece without a clear cut: λ2, the algebraic connectivity, is {lambda2}; {gap}."
            ),
        ),
        (_, None) => Finding::new(
            "The pool is connected; whether a group is nearly cut off is not known here.",
            format!(
                "One connected piece: λ2, the algebraic connectivity, is {lambda2}; {gap}. Solver lanczos on path dense or low-rank computes it."
            ),
        ),
    }
}

/// Whether one row carries the vector.
fn spread(pool: &InspectedPool<'_>, split: &SignSplit) -> Finding {
    let facts = &pool.facts;
    let (top, share) = (pool.name(split.top_row), percent(split.top_share));
    let carried = format!(
        "it is as concentrated as {:.1} equal rows of {}",
        split.carried_by, facts.valid
    );
    if split.top_share < OUTLIER.0 || facts.valid < OUTLIER.1 {
        return Finding::new(
            "The order is that of many rows: no single one dominates it.",
            format!(
                "The largest component of the Fiedler vector, {share} of its squares, is that of {top}; {carried}."
            ),
        );
    }
    let advice = match facts.laplacian {
        "un" => {
            " Laplacian un does this whenever one row is less similar to the rest than the others are; sym prefers a cut with many rows on either side."
        }
        _ => "",
    };
    Finding::new(
        format!(
            "One row is unlike all others, and the order says little but how far each is from it: {top}."
        ),
        format!(
            "Outlier-dominated: {top} carries {share} of the Fiedler vector's squares; {carried}. Scores then measure how far that row is from the rest, and say little about the others.{advice}"
        ),
    )
}

/// The signs, and how alike rows are on either side.
fn balance(facts: &InspectionFacts, split: &SignSplit) -> Finding {
    let smaller = split.below.min(split.above);
    let says = format!(
        "The clearest division of the pool has {} rows on one side and {} on the other.",
        split.below, split.above
    );
    let signs = format!(
        "The signs divide the rows {} to {}, {} on the smaller side",
        split.below,
        split.above,
        percent(smaller as f64 / facts.valid.max(1) as f64)
    );
    let Some(sides) = &facts.side_similarity else {
        return Finding::new(says, format!("{signs}."));
    };
    let within = |side: Option<f64>| side.map_or_else(|| "–".into(), |mean| format!("{mean:.3}"));
    let figures = format!(
        "{signs}; the mean cosine similarity is {} among negative rows, {} among the others and {:.3} across.",
        within(sides.below),
        within(sides.above),
        sides.across
    );
    Finding::new(says, figures)
}

fn duplicates(facts: &InspectionFacts) -> Option<Finding> {
    let found = facts.near_duplicates.as_ref()?;
    let threshold = found.threshold;
    Some(match found.groups {
        0 => Finding::new(
            "No near-duplicates.",
            format!("No two rows have a cosine similarity of {threshold} or more."),
        ),
        groups => Finding::new(
            format!(
                "{} in {}, of which {} kept.",
                counted(found.rows, "near-duplicate", "near-duplicates"),
                counted(groups, "group", "groups"),
                match found.kept {
                    1 => "1 is".into(),
                    kept => format!("{kept} are"),
                }
            ),
            format!(
                "Rows of cosine similarity {threshold} or more to another row, which stands for its group and is not counted; the largest group has {}.",
                counted(found.largest, "row", "rows")
            ),
        ),
    })
}

/// Rows whose labels are unlikely, the first by their names.
fn label_suspects(pool: &InspectedPool<'_>) -> Option<Finding> {
    const SHOWN: usize = 8;
    let suspects = pool.facts.label_suspects.as_ref()?;
    let rows = pool.facts.rows;
    if suspects.is_empty() {
        return Some(Finding::new(
            "No label suspects: every row looks most like those that share its label.",
            "Linear probes that have not seen a row find its label the most likely one.",
        ));
    }
    let text = |name: &serde_json::Value| match name.as_str() {
        Some(name) => name.replace(char::is_control, "\u{fffd}"),
        None => name.to_string(),
    };
    let shown: Vec<String> = suspects
        .iter()
        .take(SHOWN)
        .map(|suspect| {
            format!(
                "{}, labelled {}, likely {} (loss {:.1})",
                pool.name(suspect.row),
                text(&suspect.label),
                text(&suspect.likely),
                suspect.loss
            )
        })
        .collect();
    Some(Finding::new(
        format!(
            "Label suspects: {} of {} look more like another class than their label.",
            suspects.len(),
            counted(rows, "row", "rows")
        ),
        format!(
            "Another class is the most likely to a linear probe that has not seen the row. The largest losses: {}.",
            shown.join("; ")
        ),
    ))
}

/// Rows that are in no graph, the first by their names.
fn invalid(pool: &InspectedPool<'_>) -> Option<Finding> {
    const SHOWN: usize = 4;
    let invalid = pool.input.invalid;
    let mut named: Vec<String> = invalid
        .iter()
        .take(SHOWN)
        .map(|&row| pool.name(row))
        .collect();
    if let Some(more) = invalid.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        named.push(format!("and {more} more"));
    }
    (!invalid.is_empty()).then(|| {
        let says = format!(
            "{} of {} {} zero, NaN or infinite, left out of the graph and ranked last: {}.",
            invalid.len(),
            counted(pool.facts.rows, "row", "rows"),
            if invalid.len() == 1 { "is" } else { "are" },
            named.join(", ")
        );
        Finding::new(says, "")
    })
}

/// How the solve went, where that matters.
fn solve(facts: &InspectionFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.has(Flags::UNCONVERGED) {
        findings.push(match facts.residual <= CONVERGED {
            true => Finding::new(
                "The order is exact; some of the further eigenvalues are not.",
                format!(
                    "The Fiedler vector has converged, its residual is {:.1e}; not every further vector has after {} steps, as the table shows.",
                    facts.residual, facts.steps
                ),
            ),
            false => Finding::new(
                "The order is not exact yet: raise steps before relying on it.",
                format!(
                    "Not converged after {} steps: the Fiedler vector's residual is {:.1e}, above 1e-6.",
                    facts.steps, facts.residual
                ),
            ),
        });
    }
    if facts.has(Flags::SHIFTED) {
        findings.push(Finding::new(
            "Some similarities are negative, so all were raised; groups stand out less.",
            "Similarities were shifted to (1 + s) / 2: dissimilar rows are connected too.",
        ));
    }
    findings
}

/// A number as people read it, whatever its size.
pub(super) fn number(value: f32) -> String {
    match value.abs() {
        size if (1e-3..1e5).contains(&size) => format!("{value:.4}"),
        _ => format!("{value:.1e}"),
    }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn spelt(count: usize) -> String {
    match count {
        2 => "two".into(),
        3 => "three".into(),
        more => more.to_string(),
    }
}
