//! The order of rows, one seeded permutation an epoch, and the seeds derived from a run's seed.

pub use gstds_curate::order::{Purpose, derived, permutation};

/// Rows of a run that passes over the data again and again, each pass in an order of its own: `count`
/// rows from the place `from` on.
pub fn passes(images: usize, seed: u64, from: usize, count: usize) -> Vec<i32> {
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count && images > 0 {
        let place = from + rows.len();
        let (pass, start) = (place / images, place % images);
        let order = permutation(images, derived(seed, Purpose::Order, pass));
        let end = images.min(start + count - rows.len());
        rows.extend_from_slice(&order[start..end]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn passes_have_every_row_once_wherever_they_are_cut() {
        let whole = passes(100, 4, 0, 250);
        for pass in whole.chunks(100).take(2) {
            let all: HashSet<i32> = pass.iter().copied().collect();
            assert_eq!(all.len(), 100);
        }
        assert_ne!(whole[..50], whole[100..150]);
        let mut parts = Vec::new();
        for count in [64, 0, 30, 156] {
            parts.extend(passes(100, 4, parts.len(), count));
        }
        assert_eq!(parts, whole);
        assert!(passes(0, 4, 0, 8).is_empty());
    }
}
