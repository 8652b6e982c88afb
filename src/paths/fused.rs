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

/// Rows at most: a lane of the largest workgroup for each.
pub(crate) const MAX_FUSED_ROWS: usize = 512;
/// Solver steps at most.
const MAX_FUSED_STEPS: u32 = 96;
/// Rows at most on every device; more need a wider workgroup than WebGPU promises.
const NARROW_ROWS: usize = 256;
/// Bytes of workgroup memory that the wider one needs.
const WIDE_BYTES: u32 = 24 << 10;

/// Whether workspaces for this many rows take the wider workgroup.
pub(crate) fn is_wide(rows: usize) -> bool {
    rows > NARROW_ROWS
}

/// That the device has a workgroup for this many rows.
pub(crate) fn check_device(rows: usize, limits: &wgpu::Limits) -> Result<()> {
    let threads = limits.max_compute_invocations_per_workgroup;
    let across = limits.max_compute_workgroup_size_x;
    let needs = [
        ("max_compute_invocations_per_workgroup", threads, 512),
        ("max_compute_workgroup_size_x", across, 512),
        (
            "max_compute_workgroup_storage_size",
            limits.max_compute_workgroup_storage_size,
            WIDE_BYTES,
        ),
    ];
    let missing = needs.into_iter().find(|(_, has, needed)| has < needed);
    match missing.filter(|_| is_wide(rows)) {
        None => Ok(()),
        Some((limit, allowed, needed)) => Err(Error::DeviceTooSmall {
            limit,
            needed: needed.into(),
            allowed: allowed.into(),
        }),
    }
}

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
        return refused("rows", rows.to_string(), "at most 512");
    }
    if options.solver != Solver::Lanczos {
        return refused("solver", options.solver.to_string(), "lanczos");
    }
    if options.has_further() {
        return refused("vectors", options.vectors.to_string(), "1");
    }
    // All steps are turns of one thread, of which llvmpipe lets it take 65,535.
    if options.solver_steps() > MAX_FUSED_STEPS {
        return refused("steps", options.solver_steps().to_string(), "at most 96");
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
    pub fn new(device: &wgpu::Device, options: &Options, wide: bool) -> Self {
        Self::variant(device, options, &[], wide)
    }

    /// Many graphs, each with its line in a table of calls.
    pub fn many(device: &wgpu::Device, options: &Options, wide: bool) -> Self {
        Self::variant(device, options, &["many"], wide)
    }

    fn variant(device: &wgpu::Device, options: &Options, many: &[&str], wide: bool) -> Self {
        use Access::{Read, Uniform, Write};
        let bindings = [Uniform, Read, Read, Write, Write, Write, Write, Write, Read];
        let width: &[&str] = if wide { &["wide"] } else { &[] };
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
                wgsl: shader("fused", &[many, width, subgroup(device)].concat()),
                bindings: &bindings[..8 + many.len()],
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
    pub fn new(device: &wgpu::Device, options: &Options, wide: bool) -> Self {
        Self {
            normalize: Normalize::new(device, options.storage),
            similarity: Similarity::new(device, options),
            fused: Fused::new(device, options, wide),
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
