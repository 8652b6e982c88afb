#variants subgroup
// From the Fiedler vector to the scores, by one workgroup: residual, one polishing product so that
// identical rows tie, unit norm, and the sign that makes the answer reproducible.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read_write> state: State;
// All of them by quads of rows, so that four rows a lane are under way at once. Rows of padding
// have a root of 0, as invalid ones do.
@group(0) @binding(2) var<storage, read> degree: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> root: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> fiedler: array<vec4<f32>>;
// W times the unpolished scores.
@group(0) @binding(5) var<storage, read> product: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> scores: array<vec4<f32>>;

override symmetric: bool = true;
// True after the low-rank dual, which does not deflate over rows: what rounding leaves there of the
// trivial vector is a constant in the scores of sym.
override centred: bool = false;

#import "shared/reduce.wgsl"
#import "shared/score.wgsl" ENTRY=vec4<f32>
#import "shared/as_computed.wgsl"

const NOWHERE = 3e38;

var<workgroup> mode: u32;

fn quads() -> u32 {
    return (params.rows + 3u) / 4u;
}

fn sum(entries: vec4<f32>) -> f32 {
    return dot(entries, vec4(1.0));
}

fn excess(quad: u32) -> vec4<f32> {
    let computed = degree[quad] - vec4(state.degree_min);
    return vec4(
        as_computed(computed.x), as_computed(computed.y),
        as_computed(computed.z), as_computed(computed.w),
    );
}

fn gaps(quad: u32) -> vec4<f32> {
    return gap(excess(quad), state.ritz);
}

fn squared_residual(lane: u32) -> f32 {
    var squares = vec4<f32>();
    var along = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        let difference =
            residual_entry(root[quad], product[quad], fiedler[quad], gaps(quad), state.ritz);
        squares = fma(difference, difference, squares);
        along = fma(sqrt(max(degree[quad], vec4<f32>())), difference, along);
    }
    let total = workgroup_sum(lane, sum(squares));
    if !centred {
        return total;
    }
    let constant = workgroup_sum(lane, sum(along));
    return max(total - constant * constant / volume(lane), 0.0);
}

// Sum of all degrees.
fn volume(lane: u32) -> f32 {
    var total = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        total += degree[quad];
    }
    return workgroup_sum(lane, sum(total));
}

// Takes the constant out of polished scores, and returns what the lane has of their squares' sum.
fn centre(lane: u32) -> vec4<f32> {
    var total = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        total = fma(degree[quad], scores[quad], total);
    }
    let mean = workgroup_sum(lane, sum(total)) / volume(lane);
    var squares = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        let value = select(vec4<f32>(), scores[quad] - vec4(mean), root[quad] > vec4<f32>());
        scores[quad] = value;
        squares = fma(value, value, squares);
    }
    return squares;
}

fn polish(lane: u32) {
    let polishable = is_polishable(state.ritz, state.degree_min);
    var squares = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        let scaling = root[quad];
        let here = scaling > vec4<f32>();
        var value = scaling * fiedler[quad];
        if polishable {
            var divisor = degree[quad];
            if !symmetric {
                divisor = gaps(quad);
            }
            value = select(value, product[quad] / select(vec4(1.0), divisor, here), here);
        }
        scores[quad] = value;
        squares = fma(value, value, squares);
    }
    if centred {
        squares = centre(lane);
    }
    let norm = sqrt(workgroup_sum(lane, sum(squares)));
    for (var quad = lane; quad < quads(); quad += THREADS) {
        scores[quad] = select(vec4<f32>(), scores[quad] / norm, vec4(norm > 0.0));
    }
}

// The first row of a quad whose magnitude is at least `bound`, or NOWHERE.
fn first_of(quad: u32, bound: f32) -> f32 {
    let numbers = vec4(f32(4u * quad)) + vec4(0.0, 1.0, 2.0, 3.0);
    let found = select(vec4(NOWHERE), numbers, abs(scores[quad]) >= vec4(bound));
    return min(min(found.x, found.y), min(found.z, found.w));
}

// Whether all signs are to be changed, so that the sum of cubes is positive, or the first of the
// nearly largest entries.
fn is_to_turn(lane: u32) -> bool {
    var cubes = vec4<f32>();
    var most = vec4<f32>();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        let value = scores[quad];
        cubes = fma(value * value, value, cubes);
        most = max(most, abs(value));
    }
    let cubed = workgroup_sum(lane, sum(cubes));
    let largest = workgroup_max(lane, max(max(most.x, most.y), max(most.z, most.w)));
    var first = NOWHERE;
    for (var quad = lane; quad < quads(); quad += THREADS) {
        first = min(first, first_of(quad, NEARLY_LARGEST * largest));
    }
    let row = found_row(workgroup_min(lane, first), params.rows);
    return is_turned(cubed, scores[row / 4u][row % 4u]);
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
    let turns = is_to_turn(lane);
    // Every lane has read a score there that another overwrites here.
    storageBarrier();
    for (var quad = lane; quad < quads(); quad += THREADS) {
        let value = scores[quad];
        // Rows left out have no sign.
        scores[quad] = select(value, -value, vec4(turns) & (value != vec4<f32>()));
    }
    if lane == 0u {
        state.lambda2 = lambda;
        state.residual = residual;
        state.flags |= solved_flags(lambda, residual, scale);
    }
}
