// The start of Lanczos in the dual, by one workgroup: row 0 of the dual's basis is its known top
// eigenvector, the sum of all rows; row 1 is the start vector carried over from the rows, deflated.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read_write> state: State;
@group(0) @binding(2) var<storage, read> column_sums: array<f32>;
@group(0) @binding(3) var<storage, read> collected: array<f32>;
@group(0) @binding(4) var<storage, read_write> dual_basis: array<f32>;

#import "shared/reduce.wgsl"

// What is left of a start vector that has no part outside the top eigenvector.
const NOTHING = 1e-30;

// Columns past the features hold what every row has alike, which counts where the affinity shifts.
fn carried(value: f32, column: u32) -> f32 {
    return select(value, 0.0, column >= params.features && state.shift == 0.0);
}

fn scale_to_unit(lane: u32, start: u32) -> f32 {
    var squares = 0.0;
    for (var column = lane; column < params.leading; column += THREADS) {
        squares = fma(dual_basis[start + column], dual_basis[start + column], squares);
    }
    let norm = sqrt(workgroup_sum(lane, squares));
    for (var column = lane; column < params.leading; column += THREADS) {
        dual_basis[start + column] = select(0.0, dual_basis[start + column] / norm, norm > NOTHING);
    }
    return norm;
}

fn deflate(lane: u32) {
    let start = params.leading;
    var along = 0.0;
    for (var column = lane; column < params.leading; column += THREADS) {
        along = fma(dual_basis[column], dual_basis[start + column], along);
    }
    along = workgroup_sum(lane, along);
    for (var column = lane; column < params.leading; column += THREADS) {
        dual_basis[start + column] = fma(-along, dual_basis[column], dual_basis[start + column]);
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    for (var column = lane; column < params.leading; column += THREADS) {
        dual_basis[column] = carried(column_sums[column], column);
        dual_basis[params.leading + column] = carried(collected[column], column);
    }
    scale_to_unit(lane, 0u);
    let before = scale_to_unit(lane, params.leading);
    deflate(lane);
    deflate(lane);
    let norm = scale_to_unit(lane, params.leading);
    if lane == 0u && state.mode == MODE_SOLVE && !(before > NOTHING && norm > NOTHING) {
        state.finished = 1u;
        state.flags |= FLAG_BREAKDOWN;
    }
}
