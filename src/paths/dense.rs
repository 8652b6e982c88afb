//! The dense path: the whole similarity matrix in memory, read once a solver step.

use super::{BoundFeatures, EncodedCall, SelectionPath, record_normalize};
use crate::{
    Stage,
    error_scope::CallWatch,
    features::FeatureBindings,
    fiedler::{Fiedler, further::Further},
    graph::{Graph, bind_normalize},
    kernel::{Binder, PerCallKernel, table},
    ranking::Ranking,
    recorder::Recorder,
};

#[derive(Debug)]
pub(crate) struct DensePath {
    normalize: PerCallKernel,
    solve: DenseSolve,
}

impl DensePath {
    pub fn new(binder: &Binder<'_>) -> Self {
        Self {
            normalize: PerCallKernel::new(binder, &table::NORMALIZE),
            solve: DenseSolve::new(binder),
        }
    }
}

impl SelectionPath for DensePath {
    fn begin(
        &mut self,
        binder: &Binder<'_>,
        watch: &mut CallWatch<'_>,
        encoder: &mut wgpu::CommandEncoder,
        features: &FeatureBindings<'_>,
    ) -> BoundFeatures {
        self.solve.begin(binder, encoder);
        BoundFeatures::Whole(bind_normalize(&mut self.normalize, binder, watch, features))
    }

    fn record(&self, stage: Stage, pass: &mut Recorder<'_, '_>, call: &EncodedCall) {
        match stage {
            Stage::Normalize => record_normalize(pass, call),
            _ => self.solve.record(stage, pass, call),
        }
    }

    fn dispatches(&self, rows: u32) -> u32 {
        let normalize = 1;
        normalize + self.solve.dispatches(rows)
    }
}

/// All stages after the first one. Those of a caller's matrix are the same.
#[derive(Debug)]
pub(super) struct DenseSolve {
    graph: Graph,
    fiedler: Fiedler,
    further: Option<Further>,
    ranking: Ranking,
}

impl DenseSolve {
    pub fn new(binder: &Binder<'_>) -> Self {
        Self {
            graph: Graph::new(binder),
            fiedler: Fiedler::new(binder),
            further: Further::new(binder),
            ranking: Ranking::new(binder, false),
        }
    }

    /// What every call records before its passes.
    pub fn begin(&self, binder: &Binder<'_>, encoder: &mut wgpu::CommandEncoder) {
        self.fiedler.begin(binder, encoder);
    }

    /// Records one stage; normalisation records nothing.
    pub fn record(&self, stage: Stage, pass: &mut Recorder<'_, '_>, call: &EncodedCall) {
        let rows = call.rows;
        match stage {
            Stage::Similarity if call.spectral => self.graph.record_similarity(pass, rows),
            Stage::Laplacian => {
                if call.spectral {
                    self.graph.record_degrees(pass, rows);
                }
                self.graph.record_laplacian(pass, rows);
            }
            Stage::Fiedler if call.spectral => {
                self.fiedler.record_steps(pass, rows);
                if let Some(further) = &self.further {
                    further.record(pass, rows, |pass| {
                        self.fiedler.record_vector(pass, rows);
                        self.ranking.record_scores(pass, rows);
                    });
                }
                self.fiedler.record_vector(pass, rows);
            }
            Stage::Scores if call.spectral => {
                self.ranking.record_scores(pass, rows);
                if let Some(further) = &self.further {
                    further.record_end(pass, rows);
                }
            }
            Stage::Kept => self.ranking.record_kept(pass, rows),
            Stage::Normalize | Stage::Similarity | Stage::Fiedler | Stage::Scores => {}
        }
    }

    /// Dispatches of all but normalisation.
    pub fn dispatches(&self, rows: u32) -> u32 {
        let of_scores = Fiedler::VECTOR_DISPATCHES + 1;
        let further = self.further.as_ref();
        let further = further.map_or(0, |f| f.dispatches(of_scores));
        let solve = self.fiedler.dispatches(rows) + further + of_scores;
        self.graph.dispatches(rows) + solve + self.ranking.dispatches(rows)
    }
}
