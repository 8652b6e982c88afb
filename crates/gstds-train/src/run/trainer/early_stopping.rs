//! Early stopping: when a run ends for lack of progress.

/// Whether the last `patience` epochs brought no better accuracy than the best before them. Equal
/// is not better, and the first epoch always is.
pub(super) fn is_due(accuracies: &[f64], patience: Option<usize>) -> bool {
    let Some(patience) = patience else {
        return false;
    };
    let mut best = f64::NEG_INFINITY;
    let mut since = 0;
    for &accuracy in accuracies {
        since += 1;
        if accuracy > best {
            (best, since) = (accuracy, 0);
        }
    }
    !accuracies.is_empty() && since >= patience
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_count_from_the_best_and_equal_is_not_better() {
        let accuracies = [0.5, 0.7, 0.6, 0.7, 0.8, 0.1];
        let after = |epochs: usize, patience| is_due(&accuracies[..epochs], Some(patience));
        let ends: Vec<usize> = (0..=6).filter(|&epochs| after(epochs, 2)).collect();
        assert_eq!(ends, [4]);
        let ends: Vec<usize> = (0..=6).filter(|&epochs| after(epochs, 1)).collect();
        assert_eq!(ends, [3, 4, 6]);
        assert!(!is_due(&accuracies, None));
    }
}
