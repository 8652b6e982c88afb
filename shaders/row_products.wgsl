// The second half of a product with the graph that has no matrix: each unit row's product with a
// vector over columns. As a solver step it applies the operator to the newest basis vector; as the
// `last` product it applies the affinity matrix W to the scores. Eight lanes a row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/rows.wgsl"
#import "shared/as_computed.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> collected: array<f32>;
// Row scales (sym) or degrees (un).
@group(0) @binding(4) var<storage, read> row_weights: array<f32>;
@group(0) @binding(5) var<storage, read> source: array<f32>;
@group(0) @binding(6) var<storage, read_write> product: array<f32>;

override symmetric: bool = true;
override last: bool = false;
override in_place: bool = false;

#import "shared/team_row.wgsl"

fn finish(index: u32, sum: f32) -> f32 {
    if last {
        return sum;
    }
    if symmetric {
        return row_weights[index] * sum;
    }
    let own = source[select(1u + state.step, 1u, in_place) * params.leading + index];
    return sum - as_computed(row_weights[index] - state.degree_min) * own;
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = team_row(group, groups, lane);
    let idle = state.mode != MODE_SOLVE || (!last && state.finished != 0u);
    var sum = 0.0;
    if !idle {
        for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
            let z = vec2(collected[2u * pair], collected[2u * pair + 1u]);
            sum += dot(load_pair(row.start, pair) * row.factor.x, z);
        }
    }
    sum = team_sum(lane, vec4(sum)).x;
    if lane % TEAM == 0u && row.index < params.leading && !idle {
        let constant = state.shift * collected[constant_column()];
        let weighted = state.scale * sum * row.factor.y + constant;
        product[row.index] = select(0.0, finish(row.index, weighted), row.usable);
    }
}
