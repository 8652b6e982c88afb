#variants subgroup
// From the Fiedler vector to the scores, by one workgroup: residual, one polishing product so that
// identical rows tie, unit norm, and the sign that makes the answer reproducible.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read_write> state: State;
@group(0) @binding(2) var<storage, read> degree: array<f32>;
@group(0) @binding(3) var<storage, read> root: array<f32>;
@group(0) @binding(4) var<storage, read> fiedler: array<f32>;
// W times the unpolished scores.
@group(0) @binding(5) var<storage, read> product: array<f32>;
@group(0) @binding(6) var<storage, read_write> scores: array<f32>;

override symmetric: bool = true;
// True after the low-rank dual, which does not deflate over rows: what rounding leaves there of the
// trivial vector is a constant in the scores of sym.
override centred: bool = false;

#import "shared/reduce.wgsl"
#import "shared/score.wgsl"

const NOWHERE = 3e38;

var<workgroup> mode: u32;

fn row_gap(row: u32) -> f32 {
    return gap(degree[row], state.degree_min, state.ritz);
}

fn squared_residual(lane: u32) -> f32 {
    var squares = 0.0;
    var along = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        let difference =
            residual_entry(root[row], product[row], fiedler[row], row_gap(row), state.ritz);
        squares = fma(difference, difference, squares);
        along = fma(sqrt(max(degree[row], 0.0)), difference, along);
    }
    squares = workgroup_sum(lane, squares);
    if !centred {
        return squares;
    }
    along = workgroup_sum(lane, along);
    return max(squares - along * along / volume(lane), 0.0);
}

// Sum of all degrees.
fn volume(lane: u32) -> f32 {
    var sum = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        sum += degree[row];
    }
    return workgroup_sum(lane, sum);
}

// Takes the constant out of polished scores, and returns their squares' sum.
fn centre(lane: u32) -> f32 {
    var sum = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        sum = fma(degree[row], scores[row], sum);
    }
    let mean = workgroup_sum(lane, sum) / volume(lane);
    var squares = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        let value = select(0.0, scores[row] - mean, root[row] > 0.0);
        scores[row] = value;
        squares = fma(value, value, squares);
    }
    return squares;
}

fn polish(lane: u32) {
    let polishable = is_polishable(state.ritz, state.degree_min);
    var squares = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        var value = root[row] * fiedler[row];
        if root[row] > 0.0 && polishable {
            value = product[row] / select(row_gap(row), degree[row], symmetric);
        }
        scores[row] = value;
        squares = fma(value, value, squares);
    }
    if centred {
        squares = centre(lane);
    }
    let norm = sqrt(workgroup_sum(lane, squares));
    for (var row = lane; row < params.rows; row += THREADS) {
        scores[row] = select(0.0, scores[row] / norm, norm > 0.0);
    }
}

// +1 or -1: sum of cubes positive, or the first of the nearly largest entries positive.
fn orientation(lane: u32) -> f32 {
    var cubes = 0.0;
    var largest = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        let value = scores[row];
        cubes = fma(value * value, value, cubes);
        largest = max(largest, abs(value));
    }
    cubes = workgroup_sum(lane, cubes);
    largest = workgroup_max(lane, largest);
    var first = NOWHERE;
    for (var row = lane; row < params.rows; row += THREADS) {
        if abs(scores[row]) >= NEARLY_LARGEST * largest {
            first = min(first, f32(row));
        }
    }
    first = workgroup_min(lane, first);
    let row = found_row(first, params.rows);
    return select(1.0, -1.0, is_turned(cubes, scores[row]));
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(local_invocation_index) lane: u32,
#if subgroup
    @builtin(subgroup_invocation_id) invocation: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
#endif
) {
#if subgroup
    set_subgroup(invocation, subgroup, subgroups);
#endif
    if lane == 0u {
        mode = state.mode;
    }
    if workgroupUniformLoad(&mode) != MODE_SOLVE {
        return;
    }
    let lambda = lambda2_of(state.ritz, state.degree_min);
    let scale = select(state.degree_max, 1.0, symmetric);
    let residual = sqrt(squared_residual(lane)) / scale;
    polish(lane);
    storageBarrier();
    workgroupBarrier();
    let direction = orientation(lane);
    // Every lane has read a score there that another overwrites here.
    storageBarrier();
    for (var row = lane; row < params.rows; row += THREADS) {
        scores[row] *= direction;
    }
    if lane == 0u {
        state.lambda2 = lambda;
        state.residual = residual;
        state.flags |= solved_flags(lambda, residual, scale);
    }
}
