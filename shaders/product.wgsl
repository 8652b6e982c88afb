// One product with the graph, reading S once: four rows a workgroup, which share every load of
// the vector. As a solver step it applies the operator to the newest basis vector; as the `last`
// product it applies the affinity matrix W to the scores.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> similarity: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> degree: array<f32>;
@group(0) @binding(4) var<storage, read> root: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> product: array<f32>;

override symmetric: bool = true;
override last: bool = false;
// True where the source's newest vector always lies in row 1 (power iteration).
override in_place: bool = false;

const LANES = 64u;
const ROWS = 4u;
// One sum for each of the four rows.
var<workgroup> sums: array<vec4<f32>, LANES>;

fn newest() -> u32 {
    if last {
        return 0u;
    }
    return select(1u + state.step, 1u, in_place) * params.leading / 4u;
}

fn weights(entries: vec4<f32>, shift: f32, scale: f32, lowest: f32) -> vec4<f32> {
    return max(fma(vec4(scale), entries, vec4(shift)), vec4(lowest));
}

// What the lane adds to each of the four rows that start at `first`.
fn partial_sums(first: u32, lane: u32) -> vec4<f32> {
    let start = newest();
    let shift = state.shift;
    let scale = state.scale;
    let lowest = state.floor;
    let stride = params.leading / 4u;
    var sum = vec4<f32>();
    for (var quad = lane; quad * 4u < params.rows; quad += LANES) {
        var x = source[start + quad];
        if !last {
            x *= root[quad];
        }
        let at = first * stride + quad;
        sum += vec4(
            dot(weights(similarity[at], shift, scale, lowest), x),
            dot(weights(similarity[at + stride], shift, scale, lowest), x),
            dot(weights(similarity[at + 2u * stride], shift, scale, lowest), x),
            dot(weights(similarity[at + 3u * stride], shift, scale, lowest), x),
        );
    }
    return sum;
}

fn finish(row: u32, sum: f32) -> f32 {
    let scaling = root[row / 4u][row % 4u];
    if last {
        return select(0.0, sum, scaling > 0.0);
    }
    if symmetric {
        return scaling * sum;
    }
    let own = source[newest() + row / 4u][row % 4u];
    return scaling * sum - (degree[row] - state.degree_min) * own;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * ROWS;
    let idle = state.mode != MODE_SOLVE || (!last && state.finished != 0u);
    var sum = vec4<f32>();
    if !idle {
        sum = partial_sums(first, lane);
    }
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }
    if lane < ROWS && !idle {
        product[first + lane] = finish(first + lane, sums[0][lane]);
    }
}
