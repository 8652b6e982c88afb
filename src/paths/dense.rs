//! The dense path: the whole similarity matrix in memory, read once a solver step.

use super::{BoundFeatures, EncodedCall, SelectionPath, record_normalize};
use crate::{
    Stage,
    features::FeatureBindings,
    fiedler::{Fiedler, further::Further},
    graph::{Graph, bind_normalize},
    kernel::{Binder, table},
    ranking::Ranking,
    recorder::Recorder,
};

#[derive(Debug)]
pub(crate) struct DensePath {
    graph: Graph,
    fiedler: Fiedler,
    further: Option<Further>,
    ranking: Ranking,
}

impl DensePath {
    pub fn new(binder: &Binder<'_>) -> Self {
        Self {
            graph: Graph::new(binder),
            fiedler: Fiedler::new(binder),
            further: Further::new(binder),
            ranking: Ranking::new(binder, false),
        }
    }
}

impl SelectionPath for DensePath {
    fn bind(&self, binder: &Binder<'_>, features: &FeatureBindings<'_>) -> BoundFeatures {
        BoundFeatures::Whole(bind_normalize(binder, &table::NORMALIZE, features))
    }

    fn begin(&self, binder: &Binder<'_>, encoder: &mut wgpu::CommandEncoder) {
        self.fiedler.begin(binder, encoder);
    }

    fn record(&self, stage: Stage, pass: &mut Recorder<'_, '_>, call: &EncodedCall) {
        let rows = call.rows;
        match stage {
            Stage::Normalize => record_normalize(pass, call),
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
            Stage::Similarity | Stage::Fiedler | Stage::Scores => {}
        }
    }

    fn dispatches(&self, rows: u32) -> u32 {
        let of_scores = Fiedler::VECTOR_DISPATCHES + 1;
        let further = self.further.as_ref();
        let further = further.map_or(0, |f| f.dispatches(of_scores));
        let normalize = 1;
        let solve = self.fiedler.dispatches(rows) + further + of_scores;
        normalize + self.graph.dispatches(rows) + solve + self.ranking.dispatches(rows)
    }
}
