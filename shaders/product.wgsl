// One product with the graph, reading S once: four rows a workgroup, 64 lanes a row.
// As a solver step it applies the operator to the newest basis vector; as the `last` product it
// applies the affinity matrix W to the scores.
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
var<workgroup> sums: array<f32, 256>;

fn newest() -> u32 {
    if last {
        return 0u;
    }
    return select(1u + state.step, 1u, in_place) * params.leading / 4u;
}

fn weighted(entries: vec4<f32>, x: vec4<f32>, shift: f32, scale: f32, lowest: f32) -> f32 {
    let weights = max(fma(vec4(scale), entries, vec4(shift)), vec4(lowest));
    return dot(weights, x);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x * 4u + lane / LANES;
    let idle = state.mode != MODE_SOLVE || (!last && state.finished != 0u);
    let start = newest();
    let shift = state.shift;
    let scale = state.scale;
    let lowest = state.floor;

    var sum = 0.0;
    if !idle {
        for (var quad = lane % LANES; quad * 4u < params.rows; quad += LANES) {
            var x = source[start + quad];
            if !last {
                x *= root[quad];
            }
            let entries = similarity[row * params.leading / 4u + quad];
            sum += weighted(entries, x, shift, scale, lowest);
        }
    }
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane % LANES < half {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }
    if lane % LANES == 0u && !idle {
        let scaling = root[row / 4u][row % 4u];
        var value = sums[lane];
        if last {
            value = select(0.0, value, scaling > 0.0);
        } else if symmetric {
            value *= scaling;
        } else {
            value = scaling * value - degree[row] * source[start + row / 4u][row % 4u];
        }
        product[row] = value;
    }
}
