//! The vote of a row's neighbours on its label.

/// Neighbours that vote at most.
const VOTERS: usize = 20;
/// How much less similar a voter is whose vote counts 1/e.
const FALL: f64 = 0.1;

pub(super) struct Vote<'a> {
    labels: &'a [u16],
    /// Share of the rows of each class.
    frequencies: Vec<f64>,
    /// Rows that are more similar are copies, which share their labels whatever these are.
    highest: f32,
}

impl<'a> Vote<'a> {
    pub fn new(labels: &'a [u16], classes: usize, highest: f32) -> Self {
        let mut frequencies = vec![0.0; classes];
        for label in labels {
            frequencies[usize::from(*label)] += 1.0 / labels.len() as f64;
        }
        Self {
            labels,
            frequencies,
            highest,
        }
    }

    /// The chance of each class by the row's neighbours, most similar first: their votes, and one
    /// vote for the classes' frequencies.
    pub fn chances(&self, neighbours: impl Iterator<Item = (u32, f32)>) -> Vec<f64> {
        let mut voters = neighbours.filter(|(_, similarity)| *similarity <= self.highest);
        let mut votes = self.frequencies.clone();
        let mut all = 1.0;
        let first = voters.next();
        let most = first.map_or(0.0, |(_, similarity)| f64::from(similarity));
        for (row, similarity) in first.into_iter().chain(voters).take(VOTERS) {
            let vote = ((f64::from(similarity) - most) / FALL).exp();
            votes[usize::from(self.labels[row as usize])] += vote;
            all += vote;
        }
        votes.iter().map(|votes| votes / all).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_vote_by_their_similarity_and_copies_do_not() {
        let labels = [0, 0, 1, 1];
        let vote = Vote::new(&labels, 2, 0.9);
        // Row 0 is a copy; rows 2 and 1 vote 1 and 1/e.
        let chances = vote.chances([(0, 0.95), (2, 0.8), (1, 0.7)].into_iter());
        let e = 0.1f64.exp().powi(10);
        let expected = [(0.5 + 1.0 / e) / (2.0 + 1.0 / e), 1.5 / (2.0 + 1.0 / e)];
        for (chance, expected) in chances.iter().zip(expected) {
            assert!((chance - expected).abs() < 1e-6, "{chances:?}");
        }
    }

    #[test]
    fn no_more_than_twenty_vote() {
        let labels = [vec![1; 20], vec![0; 20]].concat();
        let vote = Vote::new(&labels, 2, 0.9);
        let chances = vote.chances((0..40).map(|row| (row, 0.5)));
        assert!((chances[1] - 20.5 / 21.0).abs() < 1e-12, "{chances:?}");
    }
}
