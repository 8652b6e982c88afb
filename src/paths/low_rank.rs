//! The low-rank path: products with the features in place of the similarity matrix, so that memory
//! and the work of a step are linear in the rows. Under sym, Lanczos runs over columns (the dual)
//! and reads the features once a step; else it runs over rows and reads them twice.

mod recording;
mod search;

use super::{
    BoundFeatures, EncodedCall, SelectionPath,
    chunks::{BoundChunks, ElementKind},
};
use crate::{
    Laplacian, Options, Stage,
    features::FeatureBindings,
    fiedler::{
        bind_step, ends_with_tridiagonal, further::Further, spread::SpreadStep, spread::is_spread,
        steps_for,
    },
    kernel::{Binder, BoundKernel, KernelSpec, table},
    low_rank::{Tiling, has_dual},
    params::{CallParams, uniform},
    ranking::Ranking,
    recorder::Recorder,
    workspace::Workspace,
};
use recording::LowRankRecording;
use search::Search;

/// Words of partial sums that one workgroup adds up at most; more are added up by many.
const FEW_SUMS: usize = 1 << 16;

#[derive(Debug)]
pub(crate) struct LowRankPath {
    options: Options,
    tiling: Tiling,
    /// For each element kind.
    feature_kernels: [FeatureKernels; ElementKind::COUNT],
    column_sums: BoundKernel,
    sum_partials: BoundKernel,
    last_sum_partials: BoundKernel,
    /// Where the affinity depends on whether a similarity is negative.
    search: Option<Search>,
    laplacian: BoundKernel,
    dual: Option<DualKernels>,
    step: BoundKernel,
    /// The step over many rows.
    spread: Option<SpreadStep>,
    tridiagonal: Option<BoundKernel>,
    ritz: BoundKernel,
    further: Option<Further>,
    ranking: Ranking,
}

/// What only the dual has.
#[derive(Debug)]
struct DualKernels {
    start: BoundKernel,
    /// The step that adds up partial sums by itself, where they are few.
    step_from_partials: BoundKernel,
}

/// The kernels that read features, for one kind of elements.
#[derive(Debug)]
struct FeatureKernels {
    row_norms: BoundKernel,
    sample_rows: BoundKernel,
    sum_rows: BoundKernel,
    row_sums: BoundKernel,
    /// The newest vector over rows, summed up: each step over rows, or the start of the dual.
    sum_by_vector: BoundKernel,
    /// What completes a step over rows, or begins one of the dual.
    product: BoundKernel,
    /// The two of the product after the solver.
    last_sum: BoundKernel,
    last_rows: BoundKernel,
}

impl FeatureKernels {
    fn new(binder: &Binder<'_>, kind: ElementKind) -> Self {
        let kind = [("element_kind", f64::from(kind as u32))];
        let bind = |spec: &KernelSpec| binder.bind_with(spec, &kind, &[]);
        let options = binder.options();
        let (product, last_sum, last_rows) = if has_dual(options) {
            let last = (table::LAST_DUAL_PRODUCT, table::ROWS_FROM_DUAL);
            (table::DUAL_PRODUCT, last.0, last.1)
        } else {
            let product = match options.laplacian {
                Laplacian::Sym => table::ROW_PRODUCTS_SYM,
                Laplacian::Un => table::ROW_PRODUCTS_UN,
            };
            (product, table::SUM_BY_SCORES, table::LAST_ROW_PRODUCTS)
        };
        Self {
            row_norms: bind(&table::ROW_NORMS),
            sample_rows: bind(&table::SAMPLE_ROWS),
            sum_rows: bind(&table::SUM_ROWS),
            row_sums: bind(&table::ROW_SUMS),
            sum_by_vector: bind(&table::SUM_BY_VECTOR),
            product: bind(&product),
            last_sum: bind(&last_sum),
            last_rows: bind(&last_rows),
        }
    }
}

impl LowRankPath {
    pub fn new(binder: &Binder<'_>) -> Self {
        let options = binder.options();
        let dual = has_dual(options);
        let columns = column_params(binder);
        let over_columns = |spec: &KernelSpec| {
            let params = columns.as_entire_buffer_binding();
            binder.bind_with(spec, &[], &[("params", params)])
        };
        let (step, ritz, last_sum_partials) = if dual {
            let (step, ritz) = (&table::DUAL_LANCZOS, &table::DUAL_RITZ);
            let last = &table::LAST_SUM_PARTIALS_DUAL;
            (over_columns(step), over_columns(ritz), binder.bind(last))
        } else {
            let last = binder.bind(&table::LAST_SUM_PARTIALS);
            (bind_step(binder), binder.bind(&table::RITZ), last)
        };
        let tridiagonal = ends_with_tridiagonal(options);
        Self {
            options: options.clone(),
            tiling: binder.workspace.sizes.tiling,
            // A call may bring any of them, and nothing is compiled while it is recorded.
            feature_kernels: ElementKind::ALL.map(|kind| FeatureKernels::new(binder, kind)),
            column_sums: binder.bind(&table::COLUMN_SUMS),
            sum_partials: binder.bind(&table::SUM_PARTIALS),
            last_sum_partials,
            search: Search::new(binder),
            laplacian: binder.bind(&table::LAPLACIAN),
            dual: dual.then(|| DualKernels {
                start: over_columns(&table::DUAL_START),
                step_from_partials: over_columns(&table::DUAL_LANCZOS_FROM_PARTIALS),
            }),
            step,
            spread: SpreadStep::new(binder),
            tridiagonal: tridiagonal.then(|| binder.bind(&table::TRIDIAGONAL)),
            ritz,
            further: Further::new(binder),
            ranking: Ranking::new(binder, dual),
        }
    }

    /// The step that is spread over workgroups, where a call with these rows takes it.
    fn spread_step(&self, rows: u32) -> Option<&SpreadStep> {
        let Options {
            laplacian, solver, ..
        } = self.options;
        let spread = self.spread.as_ref();
        spread.filter(|_| is_spread(laplacian, solver, rows as usize))
    }

    /// The step that adds up by itself, where a call with these rows has few partial sums.
    fn step_from_partials(&self, rows: u32) -> Option<&BoundKernel> {
        let few = self.tiling.slots(rows as usize) * self.tiling.width <= FEW_SUMS;
        let dual = self.dual.as_ref().filter(|_| few);
        dual.map(|dual| &dual.step_from_partials)
    }
}

/// Parameters with columns in the place of rows, for the solver of the dual.
fn column_params(binder: &Binder<'_>) -> wgpu::Buffer {
    let Workspace { sizes, .. } = binder.workspace;
    let width = sizes.tiling.width as u32;
    let params = CallParams {
        rows: width,
        leading: width,
        features: sizes.shape.features as u32,
        ..bytemuck::Zeroable::zeroed()
    };
    uniform(binder.device(), bytemuck::bytes_of(&params))
}

impl SelectionPath for LowRankPath {
    fn chunk_rows(&self) -> usize {
        self.tiling.chunk_rows()
    }

    fn bind(&self, binder: &Binder<'_>, features: &FeatureBindings<'_>) -> BoundFeatures {
        let no_list = &binder.workspace.no_list;
        let bound = BoundChunks::new(binder.pipelines, &self.tiling, no_list, features);
        BoundFeatures::Chunks(bound)
    }

    fn begin(&self, binder: &Binder<'_>, encoder: &mut wgpu::CommandEncoder) {
        encoder.clear_buffer(&binder.workspace.sign_flags, 0, None);
    }

    fn record(&self, stage: Stage, pass: &mut Recorder<'_, '_>, call: &EncodedCall) {
        let recording = LowRankRecording::new(self, call);
        match stage {
            Stage::Normalize => recording.row_norms(pass),
            Stage::Similarity if call.spectral => recording.row_sums(pass),
            Stage::Laplacian => self.laplacian.record(pass, call.rows),
            Stage::Fiedler if call.spectral => recording.solve(pass),
            Stage::Scores if call.spectral => recording.scores(pass),
            Stage::Kept => self.ranking.record_kept(pass, call.rows),
            Stage::Similarity | Stage::Fiedler | Stage::Scores => {}
        }
    }

    fn dispatches(&self, rows: u32) -> u32 {
        let kept = self.ranking.dispatches(rows);
        if !self.options.is_spectral() {
            return 2 + kept;
        }
        let steps = steps_for(&self.options, rows);
        let end = u32::from(self.tridiagonal.is_some());
        let search = self.search.as_ref().map_or(0, |s| 1 + s.dispatches(rows));
        // Ritz vector, last product (3), scores.
        let of_scores = 5;
        let further = self.further.as_ref();
        let further = further.map_or(0, |f| f.dispatches(of_scores));
        // Row norms, row sums (3), Laplacian.
        let always = 5 + search + end + further + of_scores + kept;
        match self.dual {
            Some(_) if self.step_from_partials(rows).is_some() => always + 3 + 2 * steps,
            Some(_) => always + 3 + 3 * steps,
            None if self.spread_step(rows).is_some() => {
                always + (3 + SpreadStep::DISPATCHES) * steps
            }
            None => always + 4 * steps,
        }
    }
}
