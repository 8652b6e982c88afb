//! The dense path: the whole similarity matrix in memory, read once a solver step.

use super::{Bound, Call, Walk};
use crate::{
    Options, Stage,
    features::Placed,
    fiedler::{Fiedler, FiedlerBindings},
    graph::{Graph, GraphBindings},
    picks::{PickBindings, Picks},
    workspace::Workspace,
};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct DensePipelines {
    graph: Graph,
    fiedler: Fiedler,
    picks: Picks,
}

impl DensePipelines {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        Self {
            graph: Graph::new(device, options),
            fiedler: Fiedler::new(device, options),
            picks: Picks::new(device, options, false),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Dense {
    pipelines: Arc<DensePipelines>,
    graph: GraphBindings,
    fiedler: FiedlerBindings,
    picks: PickBindings,
}

impl Dense {
    pub fn new(device: &wgpu::Device, pipelines: Arc<DensePipelines>, ws: &Workspace) -> Self {
        Self {
            graph: pipelines.graph.bind(device, ws),
            fiedler: pipelines.fiedler.bind(device, ws),
            picks: pipelines.picks.bind(device, ws),
            pipelines,
        }
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
            Stage::Fiedler if call.spectral => fiedler.record(pass, &self.fiedler, call.rows),
            Stage::Scores if call.spectral => picks.record_scores(pass, &self.picks),
            Stage::Kept => picks.record_kept(pass, &self.picks, call.rows),
            Stage::Similarity | Stage::Fiedler | Stage::Scores => {}
        }
    }

    fn dispatches(&self, rows: u32) -> u32 {
        let DensePipelines {
            graph,
            fiedler,
            picks,
        } = &*self.pipelines;
        // Normalisation, Laplacian, scores.
        3 + graph.dispatches() + fiedler.dispatches(rows) + picks.dispatches(rows)
    }
}
