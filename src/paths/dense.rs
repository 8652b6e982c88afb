//! The dense path: the whole similarity matrix in memory, read once a solver step.

use super::{Bound, Call, Walk};
use crate::{
    Options, Stage,
    features::Placed,
    fiedler::{
        Fiedler, FiedlerBindings,
        further::{Further, FurtherBindings},
    },
    graph::{Graph, GraphBindings},
    picks::{PickBindings, Picks},
    workspace::Workspace,
};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct DensePipelines {
    graph: Graph,
    fiedler: Fiedler,
    further: Option<Further>,
    picks: Picks,
}

impl DensePipelines {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        Self {
            graph: Graph::new(device, options),
            fiedler: Fiedler::new(device, options),
            further: Further::new(device, options),
            picks: Picks::new(device, options, false),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Dense {
    pipelines: Arc<DensePipelines>,
    graph: GraphBindings,
    fiedler: FiedlerBindings,
    further: Option<FurtherBindings>,
    picks: PickBindings,
}

impl Dense {
    pub fn new(device: &wgpu::Device, pipelines: Arc<DensePipelines>, ws: &Workspace) -> Self {
        Self {
            graph: pipelines.graph.bind(device, ws),
            fiedler: pipelines.fiedler.bind(device, ws),
            further: pipelines.further.as_ref().map(|f| f.bind(device, ws)),
            picks: pipelines.picks.bind(device, ws),
            pipelines,
        }
    }
}

impl Dense {
    fn further(&self) -> Option<(&Further, &FurtherBindings)> {
        self.pipelines.further.as_ref().zip(self.further.as_ref())
    }
}

impl Walk for Dense {
    fn begin(
        &self,
        device: &wgpu::Device,
        _encoder: &mut wgpu::CommandEncoder,
        ws: &Workspace,
        placed: &Placed<'_>,
    ) -> Bound {
        let features = self.pipelines.graph.bind_features(device, ws, placed);
        Bound::whole(features, placed)
    }

    fn record(&self, stage: Stage, pass: &mut wgpu::ComputePass<'_>, call: &Call) {
        let DensePipelines {
            graph,
            fiedler,
            picks,
            ..
        } = &*self.pipelines;
        match stage {
            Stage::Normalize => graph
                .normalize
                .record(pass, &call.features.groups[0], call.rows),
            Stage::Similarity if call.spectral => {
                graph.record_similarity(pass, &self.graph, call.rows);
            }
            Stage::Laplacian => {
                if call.spectral {
                    graph.record_degrees(pass, &self.graph, call.rows);
                }
                graph.record_laplacian(pass, &self.graph);
            }
            Stage::Fiedler if call.spectral => {
                fiedler.record_steps(pass, &self.fiedler, call.rows);
                if let Some((further, bound)) = self.further() {
                    further.record(pass, bound, |pass| {
                        fiedler.record_vector(pass, &self.fiedler, call.rows);
                        picks.record_scores(pass, &self.picks);
                    });
                }
                fiedler.record_vector(pass, &self.fiedler, call.rows);
            }
            Stage::Scores if call.spectral => {
                picks.record_scores(pass, &self.picks);
                if let Some((further, bound)) = self.further() {
                    further.record_end(pass, bound);
                }
            }
            Stage::Kept => picks.record_kept(pass, &self.picks, call.rows),
            Stage::Similarity | Stage::Fiedler | Stage::Scores => {}
        }
    }

    fn dispatches(&self, rows: u32) -> u32 {
        let DensePipelines {
            graph,
            fiedler,
            further,
            picks,
        } = &*self.pipelines;
        let of_scores = Fiedler::VECTOR_DISPATCHES + 1;
        let further = further.as_ref().map_or(0, |f| f.dispatches(of_scores));
        // Normalisation, Laplacian.
        let graph = 2 + graph.dispatches();
        graph + fiedler.dispatches(rows) + further + of_scores + picks.dispatches(rows)
    }
}
