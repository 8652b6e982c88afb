// From row sums to the Laplacian operator, by one workgroup: decides the affinity and the mode of
// the call, then writes degrees, row scales, the trivial vector and the start vector.
//
// The operator whose largest deflated eigenpair is sought:
// Taking the smallest degree off D leaves the vectors as they are and most of the rounding out:
// lambda2 of un lies just below it.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> row_sum: array<f32>;
@group(0) @binding(2) var<storage, read> row_minimum: array<f32>;
@group(0) @binding(3) var<storage, read> valid: array<u32>;
@group(0) @binding(4) var<storage, read_write> state: State;
@group(0) @binding(5) var<storage, read_write> degree: array<f32>;
// D^-1/2 (sym) or 1 (un); 0 for invalid rows, which keeps them out of every product.
@group(0) @binding(6) var<storage, read_write> root: array<f32>;
// Row 0: the trivial vector; row 1: the start vector of the solver.
@group(0) @binding(7) var<storage, read_write> basis: array<f32>;

override symmetric: bool = true;
// False where the rule needs no Fiedler vector.
override spectral: bool = true;

#import "shared/reduce.wgsl"
#import "shared/hash.wgsl"
#import "shared/decision.wgsl"

struct Summary {
    valid: u32,
    minimum: f32,
}

fn summarize(lane: u32) -> Summary {
    // Four rows an iteration: without a graph there may be millions, and llvmpipe ends a thread
    // after 65,535 iterations. Rows of padding are invalid.
    var count = 0u;
    for (var row = 4u * lane; row < params.rows; row += 4u * THREADS) {
        count += valid[row] + valid[row + 1u] + valid[row + 2u] + valid[row + 3u];
    }
    var minimum = 2.0;
    if spectral && params.kept < params.rows {
        for (var row = lane; row < params.rows; row += THREADS) {
            if valid[row] == 1u {
                minimum = min(minimum, row_minimum[row]);
            }
        }
    }
    let valid_rows = u32(workgroup_sum(lane, f32(count)));
    return Summary(valid_rows, workgroup_min(lane, minimum));
}

fn write_degrees(lane: u32, valid_rows: u32, shift: f32, scale: f32) -> vec3<f32> {
    var smallest = 3e38;
    var largest = -3e38;
    var edges = 0.0;
    for (var row = lane; row < params.leading; row += THREADS) {
        var total = 0.0;
        if row < params.rows && valid[row] == 1u {
            total = shift * f32(valid_rows) + scale * row_sum[row];
            edges = max(edges, off_diagonal(total, shift, scale));
            if affinity_kind == NEIGHBOURS && total <= 0.0 {
                // The row's self-loop.
                total = 1.0;
            }
            smallest = min(smallest, total);
            largest = max(largest, total);
        }
        degree[row] = total;
    }
    let low = workgroup_min(lane, smallest);
    let high = workgroup_max(lane, largest);
    return vec3(low, high, workgroup_max(lane, edges));
}

fn write_roots_and_trivial(lane: u32) {
    var squares = 0.0;
    for (var row = lane; row < params.leading; row += THREADS) {
        let present = row < params.rows && valid[row] == 1u;
        var scale = 0.0;
        var trivial = 0.0;
        if present {
            trivial = select(1.0, sqrt(degree[row]), symmetric);
            scale = select(1.0, 1.0 / trivial, symmetric);
        }
        root[row] = scale;
        basis[row] = trivial;
        squares = fma(trivial, trivial, squares);
    }
    let norm = sqrt(workgroup_sum(lane, squares));
    for (var row = lane; row < params.leading; row += THREADS) {
        basis[row] /= norm;
    }
}

fn write_start(lane: u32) {
    let start = params.leading;
    for (var row = lane; row < params.leading; row += THREADS) {
        var value = 0.0;
        if row < params.rows && valid[row] == 1u {
            value = start_entry(row);
        }
        basis[start + row] = value;
    }
    // Twice, because one pass leaves a rounding error of the size of the part removed.
    for (var pass_number = 0u; pass_number < 2u; pass_number++) {
        var overlap = 0.0;
        for (var row = lane; row < params.leading; row += THREADS) {
            overlap = fma(basis[row], basis[start + row], overlap);
        }
        overlap = workgroup_sum(lane, overlap);
        for (var row = lane; row < params.leading; row += THREADS) {
            basis[start + row] = fma(-overlap, basis[row], basis[start + row]);
        }
    }
    var squares = 0.0;
    for (var row = lane; row < params.leading; row += THREADS) {
        squares = fma(basis[start + row], basis[start + row], squares);
    }
    let norm = sqrt(workgroup_sum(lane, squares));
    for (var row = lane; row < params.leading; row += THREADS) {
        basis[start + row] /= norm;
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    let summary = summarize(lane);
    let shifted = shifts(summary.minimum);
    let shift = select(0.0, 0.5, shifted);
    let scale = select(1.0, 0.5, shifted);

    var decision = decide_by_count(summary.valid, params.rows, params.kept);
    var extremes = vec3<f32>();
    if decision.mode == MODE_SOLVE && spectral {
        extremes = write_degrees(lane, summary.valid, shift, scale);
        decision = decide_by_graph(summary.valid, summary.minimum, extremes, decision.flags);
        if decision.mode == MODE_SOLVE {
            write_roots_and_trivial(lane);
            write_start(lane);
        }
    }

    if lane == 0u {
        let measured = summary.valid > 0u && spectral && params.kept < params.rows;
        state.mode = decision.mode;
        state.flags = decision.flags;
        state.valid = summary.valid;
        state.step = 0u;
        state.width = 0u;
        state.finished = u32(decision.mode != MODE_SOLVE || !spectral);
        state.shift = shift;
        state.scale = scale;
        state.floor = lowest_weight();
        state.min_similarity = select(0.0, summary.minimum, measured);
        state.degree_min = extremes.x;
        state.degree_max = extremes.y;
        state.ritz = 0.0;
        state.lambda2 = 0.0;
        state.residual = 0.0;
        state.magnitude = 0.0;
    }
}
