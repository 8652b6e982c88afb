//! The low-rank path: products with the features in place of the similarity matrix, so that memory
//! and the work of a step are linear in the rows. Under sym, Lanczos runs over columns (the dual)
//! and reads the features once a step; else it runs over rows and reads them twice.

mod recording;

use super::{Bound, Call, Walk};
use crate::{
    Affinity, Error, Options, Path, Result, Solver, Stage, Storage,
    features::Placed,
    fiedler::{
        further::{Further, FurtherBindings},
        lanczos::Lanczos,
        ritz::Ritz,
        step::{Step, StepBindings},
        steps_for,
    },
    graph::laplacian::LaplacianOperator,
    low_rank::{
        Plan,
        collect::{Collect, Collected},
        dual::Dual,
        has_dual,
        negative::Negative,
        passes::{PassBindings, Passes},
        rows::{ElementKind, bind_chunks, chunk_rows, rows_layout, uniform},
    },
    params::Params,
    picks::{PickBindings, Picks},
    workspace::Workspace,
};
use recording::Recording;
use std::sync::{Arc, OnceLock};

/// Rows at most on [`Path::LowRank`]. Where it solves over rows (un by Lanczos), rows times solver
/// steps are 8,388,608 at most.
// The kernels of one workgroup go through them in turns of 256, eleven times, and llvmpipe ends a
// thread after 65,535 turns, whatever is left to do.
pub const MAX_LOW_RANK_ROWS: usize = 1 << 20;
/// Rows times solver steps at most where the solve runs over rows, for the same reason.
const MOST_ENTRIES: usize = 1 << 23;

/// That the path takes this many rows under these options.
pub(crate) fn takes(rows: usize, options: &Options) -> Result<()> {
    let refused = |what, value: String, limit| {
        let path = Path::LowRank.name();
        Err(Error::PathTakes {
            path,
            what,
            value,
            limit,
        })
    };
    if !matches!(
        options.affinity,
        Affinity::Auto | Affinity::Raw | Affinity::Shift
    ) {
        let value = options.affinity.to_string();
        return refused("affinity", value, "auto, raw or shift");
    }
    if options.storage != Storage::Full {
        return refused(
            "storage",
            options.storage.to_string(),
            "full, for it stores no matrix",
        );
    }
    if rows > MAX_LOW_RANK_ROWS {
        return refused("rows", rows.to_string(), "up to 1,048,576");
    }
    let steps = match options.solver {
        Solver::Lanczos => options.solver_steps() as usize,
        Solver::Power => 1,
    };
    if !has_dual(options) && rows.saturating_mul(steps) > MOST_ENTRIES {
        let value = format!("{rows} times {steps}");
        return refused("rows times steps of un", value, "up to 8,388,608");
    }
    Ok(())
}

#[derive(Debug)]
pub(crate) struct LowRankPipelines {
    options: Options,
    rows: wgpu::BindGroupLayout,
    passes: [OnceLock<Passes>; ElementKind::COUNT],
    collect_sums: Collect,
    collect_step: Collect,
    collect_last: Collect,
    /// Where the affinity depends on whether a similarity is negative.
    negative: Option<Negative>,
    dual: Option<Dual>,
    /// In the dual, where one workgroup had better add up the few partial sums itself.
    gathered: Option<Lanczos>,
    laplacian: LaplacianOperator,
    step: Step,
    ritz: Ritz,
    further: Option<Further>,
    picks: Picks,
}

impl LowRankPipelines {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        let rows = rows_layout(device);
        let collect = |what| Collect::new(device, &rows, what);
        let dual = has_dual(options);
        Self {
            collect_sums: collect(Collected::ColumnSums),
            collect_step: collect(Collected::Step),
            collect_last: collect(if dual {
                Collected::LastDual
            } else {
                Collected::Last
            }),
            negative: (options.affinity == Affinity::Auto).then(|| Negative::new(device)),
            dual: dual.then(|| Dual::new(device)),
            gathered: dual.then(|| Lanczos::gathered(device, options, &rows)),
            laplacian: LaplacianOperator::new(device, options),
            step: Step::new(device, options),
            ritz: Ritz::new(device),
            further: Further::new(device, options),
            picks: Picks::new(device, options, dual),
            passes: Default::default(),
            options: options.clone(),
            rows,
        }
    }

    fn passes(&self, device: &wgpu::Device, kind: ElementKind) -> &Passes {
        let made = || Passes::new(device, &self.rows, kind, &self.options);
        self.passes[kind as usize].get_or_init(made)
    }
}

#[derive(Debug)]
pub(crate) struct LowRank {
    pipelines: Arc<LowRankPipelines>,
    plan: Plan,
    bindings: [OnceLock<PassBindings>; ElementKind::COUNT],
    collect_sums: wgpu::BindGroup,
    collect_step: wgpu::BindGroup,
    collect_last: wgpu::BindGroup,
    negative: Option<wgpu::BindGroup>,
    dual: Option<wgpu::BindGroup>,
    gathered: Option<wgpu::BindGroup>,
    laplacian: wgpu::BindGroup,
    step: StepBindings,
    ritz: wgpu::BindGroup,
    further: Option<FurtherBindings>,
    picks: PickBindings,
}

impl LowRank {
    pub fn new(device: &wgpu::Device, pipelines: Arc<LowRankPipelines>, ws: &Workspace) -> Self {
        let columns = column_params(device, ws);
        let dual = pipelines.dual.as_ref();
        // f32 is what most callers bring; kernels for f16 are compiled when a call brings that.
        let f32_passes = pipelines.passes(device, ElementKind::F32);
        let f32_bindings = PassBindings::new(device, f32_passes, ws).into();
        Self {
            plan: ws.sizes.plan,
            bindings: [f32_bindings, OnceLock::new(), OnceLock::new()],
            collect_sums: pipelines.collect_sums.bind(device, ws),
            collect_step: pipelines.collect_step.bind(device, ws),
            collect_last: pipelines.collect_last.bind(device, ws),
            laplacian: pipelines.laplacian.bind(device, ws),
            step: pipelines.step.bind(device, ws, dual.map(|_| &columns)),
            ritz: match dual {
                Some(_) => pipelines.ritz.bind_columns(device, ws, &columns),
                None => pipelines.ritz.bind(device, ws),
            },
            further: pipelines.further.as_ref().map(|f| f.bind(device, ws)),
            negative: pipelines.negative.as_ref().map(|n| n.bind(device, ws)),
            gathered: pipelines
                .gathered
                .as_ref()
                .map(|lanczos| lanczos.bind_gathered(device, ws, &columns)),
            dual: dual.map(|dual| dual.bind(device, ws, &columns)),
            picks: pipelines.picks.bind(device, ws),
            pipelines,
        }
    }
}

/// Words of partial sums that one workgroup adds up at most; more are collected by many.
const FEW_SUMS: usize = 1 << 16;

impl LowRank {
    /// The step that collects by itself, where a call with these rows has few partial sums.
    fn gathered_for(&self, rows: u32) -> Option<(&Lanczos, &wgpu::BindGroup)> {
        let few = self.plan.slots(rows as usize) * self.plan.width <= FEW_SUMS;
        let both = self.pipelines.gathered.as_ref().zip(self.gathered.as_ref());
        both.filter(|_| few)
    }
}

/// Parameters in whose place of rows stand the columns, for the solver of the dual.
fn column_params(device: &wgpu::Device, ws: &Workspace) -> wgpu::Buffer {
    let width = ws.sizes.plan.width as u32;
    let params = Params {
        rows: width,
        leading: width,
        features: ws.sizes.shape.features as u32,
        ..bytemuck::Zeroable::zeroed()
    };
    uniform(device, bytemuck::bytes_of(&params))
}

impl Walk for LowRank {
    fn chunk_rows(&self) -> usize {
        self.plan.chunk_rows()
    }

    fn begin(
        &self,
        device: &wgpu::Device,
        encoder: &mut wgpu::CommandEncoder,
        ws: &Workspace,
        placed: &Placed<'_>,
    ) -> Bound {
        let kind = ElementKind::of(placed);
        let passes = self.pipelines.passes(device, kind);
        self.bindings[kind as usize].get_or_init(|| PassBindings::new(device, passes, ws));
        encoder.clear_buffer(&ws.facts, 0, None);
        Bound {
            groups: bind_chunks(
                device,
                &self.pipelines.rows,
                &ws.no_list,
                placed,
                &self.plan,
            ),
            rows: chunk_rows(placed),
            kind,
        }
    }

    fn record(&self, stage: Stage, pass: &mut wgpu::ComputePass<'_>, call: &Call) {
        let kind = call.features.kind as usize;
        let (Some(passes), Some(bindings)) =
            (self.pipelines.passes[kind].get(), self.bindings[kind].get())
        else {
            unreachable!("a call begins by making what it records with");
        };
        let recording = Recording {
            walk: self,
            passes,
            bindings,
            call,
        };
        match stage {
            Stage::Normalize => recording.measure(pass),
            Stage::Similarity if call.spectral => recording.row_sums(pass),
            Stage::Laplacian => self.pipelines.laplacian.record(pass, &self.laplacian),
            Stage::Fiedler if call.spectral => recording.solve(pass),
            Stage::Scores if call.spectral => recording.scores(pass),
            Stage::Kept => self
                .pipelines
                .picks
                .record_kept(pass, &self.picks, call.rows),
            Stage::Similarity | Stage::Fiedler | Stage::Scores => {}
        }
    }

    fn dispatches(&self, rows: u32) -> u32 {
        let picks = self.pipelines.picks.dispatches(rows);
        if !self.pipelines.options.is_spectral() {
            return 2 + picks;
        }
        let steps = steps_for(&self.pipelines.options, rows);
        let end = self.pipelines.step.end_dispatches();
        let search = 2 * u32::from(self.negative.is_some());
        // Ritz vector, last product (3), scores.
        let of_scores = 5;
        let further = self.pipelines.further.as_ref();
        let further = further.map_or(0, |f| f.dispatches(of_scores));
        // Measure, row sums (3), Laplacian.
        let always = 5 + search + end + further + of_scores + picks;
        match self.dual {
            Some(_) if self.gathered_for(rows).is_some() => always + 3 + 2 * steps,
            Some(_) => always + 3 + 3 * steps,
            None => always + 4 * steps,
        }
    }
}
