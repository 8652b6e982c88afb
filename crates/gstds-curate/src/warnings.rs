//! What a user should know of a plan and of a selection: parts that keep nothing, and rows that no
//! graph can take.

use crate::partition::{PoolPart, Share};
use crate::plan::DevicePlan;
use crate::select::PoolSelection;

/// Rows and classes named in a warning; the rest are counted.
const SHOWN: usize = 8;

impl PoolSelection {
    /// Warnings, a sentence each: how many rows are zero, NaN or infinite and which come first, and
    /// how many of them are kept because too few others are there.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let invalid = self.invalid.as_deref().unwrap_or_default();
        if invalid.is_empty() {
            return Vec::new();
        }
        let rows = self.scores.len();
        let mut warnings = vec![format!(
            "{} of {rows} rows {} zero, NaN or infinite: {}; in no graph, without a score",
            invalid.len(),
            is(invalid.len()),
            first(invalid.iter().map(u32::to_string))
        )];
        let among = |row: &&u32| invalid.binary_search(row).is_ok();
        let chosen = self.kept.iter().filter(among).count();
        if chosen > 0 {
            warnings.push(format!(
                "{chosen} of the {} kept rows {} zero, NaN or infinite; keep fewer, or clean the features ({} of {rows} rows are valid)",
                self.kept.len(),
                is(chosen),
                rows - invalid.len()
            ));
        }
        warnings
    }
}

impl DevicePlan<'_> {
    /// Warnings, a sentence each: classes without a row, and classes and batches that keep none.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let parts = &self.plan.parts;
        let already = self.plan.request.already();
        let has_more = |part: &PoolPart| part.rows.places_of(already).len() < part.rows.len();
        let idle = parts.iter().filter(|part| part.keep == 0 && has_more(part));
        let Some(classes) = self.plan.request.partition.classes() else {
            let idle = idle.count();
            if idle > 0 {
                warnings.push(format!(
                    "{idle} of {} batches {} no row, since fewer rows are kept than there are batches; keep more rows, or make batches larger",
                    parts.len(),
                    keep(idle)
                ));
            }
            return warnings;
        };
        let name = |class: usize| String::from_utf8_lossy(&classes.names()[class]).into_owned();
        let empty = classes.without_rows();
        if !empty.is_empty() {
            warnings.push(format!(
                "{} of {} classes {} no row left: {}",
                empty.len(),
                classes.names().len(),
                if empty.len() == 1 { "has" } else { "have" },
                first(empty.iter().map(|&class| name(class)))
            ));
        }
        let idle: Vec<String> = idle
            .filter_map(|part| Some(format!("{} ({})", name(part.class?), part.rows.len())))
            .collect();
        if !idle.is_empty() {
            warnings.push(format!(
                "{} of {} classes {} no row: {}; {}",
                idle.len(),
                parts.len(),
                keep(idle.len()),
                first(idle.iter().cloned()),
                match self.plan.request.partition.class_share() {
                    Some(Share::Proportional) => "keep more rows, or share them equally",
                    _ => "keep more rows",
                }
            ));
        }
        warnings
    }
}

fn is(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn keep(count: usize) -> &'static str {
    if count == 1 { "keeps" } else { "keep" }
}

/// The first of many, and how many more there are.
fn first(names: impl ExactSizeIterator<Item = String>) -> String {
    let count = names.len();
    let shown: Vec<String> = names.take(SHOWN).collect();
    // Names of folders may hold control sequences of terminals.
    let shown = shown.join(", ").replace(char::is_control, "\u{fffd}");
    match count.saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Classes, DevicePlan, Partition, PoolPlan, SelectRequest, Share};
    use gstds::Keep;
    use gstds_data::matrix::{FloatKind, MatrixLayout, StoredType};

    #[test]
    fn classes_that_lose_their_rows_or_keep_none_are_named() {
        let gpu = gstds::adapter::open(&Default::default()).unwrap();
        let mut request = SelectRequest {
            partition: Partition::Classes {
                classes: Classes::of_numbers(&[1, 1, 1, 2, 2, 3]),
                share: Share::Proportional,
            },
            ..SelectRequest::new(Keep::Count(1))
        };
        request.retain_rows(&[0, 1, 2, 5]);
        let layout = MatrixLayout {
            start: 0,
            dtype: StoredType::little(FloatKind::F32),
            fortran_order: false,
            rows: 4,
            features: 2,
        };
        let plan = PoolPlan::new(&request, &layout, None).unwrap();
        let device = DevicePlan::new(&gpu, &plan).unwrap();
        assert_eq!(
            device.warnings(),
            [
                "1 of 3 classes has no row left: 2",
                "1 of 2 classes keeps no row: 3 (1); keep more rows, or share them equally",
            ]
        );
        let equal = SelectRequest {
            partition: Partition::Classes {
                classes: Classes::of_numbers(&[1, 1, 2, 2]),
                share: Share::Equal,
            },
            ..request.clone()
        };
        let plan = PoolPlan::new(&equal, &layout, None).unwrap();
        let shared = DevicePlan::new(&gpu, &plan).unwrap();
        let warning = "1 of 2 classes keeps no row: 2 (2); keep more rows";
        assert_eq!(shared.warnings(), [warning]);
        let classes = device.forecast().classes.unwrap();
        let kept: Vec<(usize, usize)> = classes.iter().map(|it| (it.rows, it.kept)).collect();
        assert_eq!(kept, [(3, 1), (1, 0), (0, 0)]);
    }
}
