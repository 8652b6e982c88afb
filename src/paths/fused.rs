//! The fused path: after the similarities one dispatch of one workgroup does the rest, a lane a
//! row. Three dispatches a selection; a solver step reads 4n² bytes through one workgroup, which is
//! less work than launching kernels for it as long as there are few rows.

use super::{Bound, Call, Walk};
use crate::{
    Affinity, Error, Options, Path, Result, Solver, Stage, Storage,
    features::Placed,
    graph::{laplacian, normalize::Normalize, similarity::Similarity},
    kernel::{Access, Kernel, Source, shader, subgroup},
    picks::{keep, rank},
    workspace::Workspace,
};
use std::sync::Arc;

/// Rows at most: a lane of the largest workgroup that every device has for each.
pub(crate) const MAX_FUSED_ROWS: usize = 256;

/// That the path takes this many rows under these options.
pub(crate) fn takes(rows: usize, options: &Options) -> Result<()> {
    let refused = |what, value: String, limit| {
        let path = Path::Fused.name();
        Err(Error::PathTakes {
            path,
            what,
            value,
            limit,
        })
    };
    if rows > MAX_FUSED_ROWS {
        return refused("rows", rows.to_string(), "at most 256");
    }
    if options.solver != Solver::Lanczos {
        return refused("solver", options.solver.to_string(), "lanczos");
    }
    // An affinity that needs more than S itself is for another path.
    if !matches!(
        options.affinity,
        Affinity::Auto | Affinity::Raw | Affinity::Shift | Affinity::Clamp
    ) {
        let value = options.affinity.to_string();
        return refused("affinity", value, "auto, raw, shift or clamp");
    }
    if options.storage != Storage::Full {
        return refused("storage", options.storage.to_string(), "full");
    }
    Ok(())
}

/// Everything after the similarities.
#[derive(Debug)]
pub(crate) struct Fused(Kernel);

impl Fused {
    /// One graph, whose call the parameters describe.
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        Self::variant(device, options, &[])
    }

    /// Many graphs, each with its line in a table of calls.
    pub fn many(device: &wgpu::Device, options: &Options) -> Self {
        Self::variant(device, options, &["many"])
    }

    fn variant(device: &wgpu::Device, options: &Options, variants: &[&str]) -> Self {
        use Access::{Read, Uniform, Write};
        let bindings = [Uniform, Read, Read, Write, Write, Write, Write, Write, Read];
        let constants = [
            ("symmetric", laplacian::symmetric(options)),
            ("affinity_kind", laplacian::affinity_kind(options)),
            ("spectral", f64::from(u8::from(options.is_spectral()))),
            ("steps", f64::from(options.solver_steps())),
            ("key_kind", rank::key_kind(options.rule)),
            keep::choice(options)[0],
            keep::choice(options)[1],
        ];
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds fused",
                wgsl: shader("fused", &[variants, subgroup(device)].concat()),
                bindings: &bindings[..8 + variants.len()],
                constants: &constants,
            },
        ))
    }

    fn buffers(ws: &Workspace) -> Vec<&wgpu::Buffer> {
        vec![
            &ws.params,
            &ws.similarity,
            &ws.valid,
            &ws.basis,
            &ws.scores,
            &ws.order,
            &ws.kept,
            &ws.status,
        ]
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        self.0.bind_all(device, &Self::buffers(ws))
    }

    pub fn bind_many(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [Self::buffers(ws), vec![&ws.calls]].concat();
        self.0.bind_all(device, &buffers)
    }

    /// A workgroup a graph.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, graphs: u32) {
        self.0.record(pass, bound, [graphs, 1]);
    }
}

#[derive(Debug)]
pub(crate) struct FusedPipelines {
    normalize: Normalize,
    similarity: Similarity,
    fused: Fused,
    spectral: bool,
}

impl FusedPipelines {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        Self {
            normalize: Normalize::new(device, options.storage),
            similarity: Similarity::new(device, options),
            fused: Fused::new(device, options),
            spectral: options.is_spectral(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct FusedWalk {
    pipelines: Arc<FusedPipelines>,
    similarity: wgpu::BindGroup,
    fused: wgpu::BindGroup,
}

impl FusedWalk {
    pub fn new(device: &wgpu::Device, pipelines: Arc<FusedPipelines>, ws: &Workspace) -> Self {
        Self {
            similarity: pipelines.similarity.bind(device, ws),
            fused: pipelines.fused.bind(device, ws),
            pipelines,
        }
    }
}

impl Walk for FusedWalk {
    fn begin(
        &self,
        device: &wgpu::Device,
        _encoder: &mut wgpu::CommandEncoder,
        ws: &Workspace,
        placed: &Placed<'_>,
    ) -> Bound {
        Bound::whole(self.pipelines.normalize.bind(device, ws, placed), placed)
    }

    /// The one dispatch counts as the Fiedler stage: it is most of it.
    fn record(&self, stage: Stage, pass: &mut wgpu::ComputePass<'_>, call: &Call) {
        let pipelines = &*self.pipelines;
        match stage {
            Stage::Normalize => {
                pipelines
                    .normalize
                    .record(pass, &call.features.groups[0], call.rows);
            }
            Stage::Similarity if call.spectral => {
                pipelines
                    .similarity
                    .record(pass, &self.similarity, call.rows);
            }
            Stage::Fiedler => pipelines.fused.record(pass, &self.fused, 1),
            Stage::Similarity | Stage::Laplacian | Stage::Scores | Stage::Kept => {}
        }
    }

    fn dispatches(&self, _rows: u32) -> u32 {
        2 + u32::from(self.pipelines.spectral)
    }
}
