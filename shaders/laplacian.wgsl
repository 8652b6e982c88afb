// From row sums to the Laplacian operator, by one workgroup: decides the affinity and the mode of
// the call, then writes degrees, row scales, the trivial vector and the start vector.
//
// The operator whose largest deflated eigenpair is sought is D^-1/2 W D^-1/2 for sym, and
// W - (D - d_min I) for un, where d_min is the smallest degree.
// Taking the smallest degree off D leaves the vectors as they are and most of the rounding out:
// lambda2 of un lies just below it.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

// All of them by quads of rows, so that four rows a lane are under way at once.
@group(0) @binding(1) var<storage, read> row_sum: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> row_minimum: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> valid: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> state: State;
@group(0) @binding(5) var<storage, read_write> degree: array<vec4<f32>>;
// D^-1/2 (sym) or 1 (un); 0 for invalid rows, which keeps them out of every product.
@group(0) @binding(6) var<storage, read_write> root: array<vec4<f32>>;
// Row 0: the trivial vector; row 1: the start vector of the solver.
@group(0) @binding(7) var<storage, read_write> basis: array<vec4<f32>>;

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

// Quads of a vector, and of the call's rows. The padding of the last quad is invalid; what lies
// further on, an earlier call may have left.
fn quads() -> u32 {
    return params.leading / 4u;
}

fn quads_of_rows() -> u32 {
    return (params.rows + 3u) / 4u;
}

// Which rows of a quad the graph has.
fn present(quad: u32) -> vec4<bool> {
    return vec4(quad < quads_of_rows()) & (valid[quad] == vec4(1u));
}

fn sum(entries: vec4<f32>) -> f32 {
    return dot(entries, vec4(1.0));
}

fn smallest_of(entries: vec4<f32>) -> f32 {
    return min(min(entries.x, entries.y), min(entries.z, entries.w));
}

fn largest_of(entries: vec4<f32>) -> f32 {
    return max(max(entries.x, entries.y), max(entries.z, entries.w));
}

// Without a graph there may be millions of rows, and llvmpipe ends a thread after 65,535 iterations.
fn summarize(lane: u32) -> Summary {
    let measures = spectral && params.kept < params.rows;
    var count = vec4<u32>();
    var minimum = vec4(2.0);
    for (var quad = lane; quad < quads_of_rows(); quad += THREADS) {
        let counted = valid[quad];
        count += counted;
        if measures {
            minimum = min(minimum, select(vec4(2.0), row_minimum[quad], counted == vec4(1u)));
        }
    }
    let valid_rows = u32(workgroup_sum(lane, f32(count.x + count.y + count.z + count.w)));
    return Summary(valid_rows, workgroup_min(lane, smallest_of(minimum)));
}

fn off_diagonals(totals: vec4<f32>, shift: f32, scale: f32) -> vec4<f32> {
    return vec4(
        off_diagonal(totals.x, shift, scale),
        off_diagonal(totals.y, shift, scale),
        off_diagonal(totals.z, shift, scale),
        off_diagonal(totals.w, shift, scale),
    );
}

fn write_degrees(lane: u32, valid_rows: u32, shift: f32, scale: f32) -> vec3<f32> {
    var smallest = vec4(3e38);
    var largest = vec4(-3e38);
    var edges = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        let here = present(quad);
        var totals = shift * f32(valid_rows) + scale * row_sum[quad];
        edges = max(edges, select(vec4<f32>(), off_diagonals(totals, shift, scale), here));
        if affinity_kind == NEIGHBOURS {
            // The row's self-loop.
            totals = select(totals, vec4(1.0), totals <= vec4<f32>());
        }
        smallest = min(smallest, select(vec4(3e38), totals, here));
        largest = max(largest, select(vec4(-3e38), totals, here));
        degree[quad] = select(vec4<f32>(), totals, here);
    }
    let low = workgroup_min(lane, smallest_of(smallest));
    let high = workgroup_max(lane, largest_of(largest));
    return vec3(low, high, workgroup_max(lane, largest_of(edges)));
}

fn write_roots_and_trivial(lane: u32) {
    var squares = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        let here = present(quad);
        var trivial = vec4(1.0);
        if symmetric {
            trivial = select(vec4(1.0), sqrt(degree[quad]), here);
        }
        root[quad] = select(vec4<f32>(), 1.0 / trivial, here);
        trivial = select(vec4<f32>(), trivial, here);
        basis[quad] = trivial;
        squares = fma(trivial, trivial, squares);
    }
    let norm = sqrt(workgroup_sum(lane, sum(squares)));
    for (var quad = lane; quad < quads(); quad += THREADS) {
        basis[quad] /= norm;
    }
}

fn start_entries(quad: u32) -> vec4<f32> {
    let row = 4u * quad;
    return vec4(
        start_entry(row), start_entry(row + 1u), start_entry(row + 2u), start_entry(row + 3u),
    );
}

fn write_start(lane: u32) {
    let start = quads();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        basis[start + quad] = select(vec4<f32>(), start_entries(quad), present(quad));
    }
    // Twice, because one pass leaves a rounding error of the size of the part removed.
    for (var pass_number = 0u; pass_number < 2u; pass_number++) {
        var along = vec4<f32>();
        for (var quad = lane; quad < quads(); quad += THREADS) {
            along = fma(basis[quad], basis[start + quad], along);
        }
        let overlap = workgroup_sum(lane, sum(along));
        for (var quad = lane; quad < quads(); quad += THREADS) {
            basis[start + quad] = fma(vec4(-overlap), basis[quad], basis[start + quad]);
        }
    }
    var squares = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        squares = fma(basis[start + quad], basis[start + quad], squares);
    }
    let norm = sqrt(workgroup_sum(lane, sum(squares)));
    for (var quad = lane; quad < quads(); quad += THREADS) {
        basis[start + quad] /= norm;
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
