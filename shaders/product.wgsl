#variants half subgroup
// One product with the graph, reading S once: four rows a workgroup, which share every load of
// the vector. `half` reads S as f16; `subgroup` adds up a subgroup's lanes at once.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
#if half
#import "shared/quads.wgsl"
@group(0) @binding(2) var<storage, read> similarity: array<vec2<u32>>;
#else
@group(0) @binding(2) var<storage, read> similarity: array<vec4<f32>>;
#endif
@group(0) @binding(3) var<storage, read> degree: array<f32>;
@group(0) @binding(4) var<storage, read> root: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> product: array<f32>;

#import "shared/operator.wgsl"

const LANES = 64u;
const ROWS = 4u;
// One sum for each of the four rows.
var<workgroup> sums: array<vec4<f32>, LANES>;

#if subgroup
#import "shared/subgroup.wgsl"
#endif
#import "shared/sum.wgsl" NAME=workgroup_sums TYPE=vec4<f32> SCRATCH=sums LANES=LANES

#import "shared/weights.wgsl"

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
        sum += parts(first * stride + quad, stride, shift, scale, lowest, x);
    }
    return sum;
}

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
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
    let first = group.x * ROWS;
    var sum = vec4<f32>();
    if !is_idle() {
        sum = partial_sums(first, lane);
    }
    let total = workgroup_sums(lane, sum);
    if lane < ROWS && !is_idle() {
        product[first + lane] = finish(first + lane, total[lane]);
    }
}
