//! Vectors beyond the Fiedler vector, where requested. The pairs are copied to the state one after
//! the other, the last first, and each becomes scores by the kernels that make those of the Fiedler
//! vector, which comes last and leaves the same buffers as alone.

use crate::{
    kernel::{Binder, BoundKernel, table},
    recorder::Recorder,
};

#[derive(Debug)]
pub(crate) struct Further {
    spectrum: BoundKernel,
    next_pair: BoundKernel,
    vectors: u32,
}

impl Further {
    /// Nothing where one vector is wanted.
    pub fn new(binder: &Binder<'_>) -> Option<Self> {
        let options = binder.options();
        options.has_further().then(|| Self {
            spectrum: binder.bind(&table::SPECTRUM),
            next_pair: binder.bind(&table::NEXT_PAIR),
            vectors: options.vectors,
        })
    }

    /// After the solver's last step and before the Fiedler vector: `scores` records what makes
    /// scores of the pair in the state.
    pub fn record(
        &self,
        pass: &mut Recorder<'_, '_>,
        rows: u32,
        scores: impl Fn(&mut Recorder<'_, '_>),
    ) {
        self.spectrum.record(pass, rows);
        for _ in 1..self.vectors {
            self.next_pair.record(pass, rows);
            scores(pass);
        }
        self.next_pair.record(pass, rows);
    }

    /// After the Fiedler vector's scores, which are put beside the others.
    pub fn record_end(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.next_pair.record(pass, rows);
    }

    /// Dispatches of both, with so many for the scores of a vector.
    pub fn dispatches(&self, of_scores: u32) -> u32 {
        2 + self.vectors + (self.vectors - 1) * of_scores
    }
}
