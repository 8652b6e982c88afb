// From the dual's eigenvector w over columns to the Fiedler vector over rows, u = D^-1/2 F w /
// sigma with sigma² the Ritz value, and W D^-1/2 u from M w, which the residual and the polish
// want. Eight lanes a row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
// w, then M w.
@group(0) @binding(3) var<storage, read> dual_vectors: array<f32>;
@group(0) @binding(4) var<storage, read> root: array<f32>;
@group(0) @binding(5) var<storage, read_write> fiedler: array<f32>;
@group(0) @binding(6) var<storage, read_write> product: array<f32>;

#import "shared/team_row.wgsl"

fn both(column: u32) -> vec2<f32> {
    return vec2(dual_vectors[column], dual_vectors[chunk.width + column]);
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = team_row(group, groups, lane);
    let usable = row.usable && state.mode == MODE_SOLVE;
    var sum = vec2<f32>();
    if usable {
        for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
            let value = load_pair(row.start, pair) * row.factor.x;
            sum = fma(vec2(value.x), both(2u * pair), sum);
            sum = fma(vec2(value.y), both(2u * pair + 1u), sum);
        }
    }
    sum = team_sum(lane, vec4(sum, sum)).xy;
    if lane % TEAM != 0u || row.index >= params.leading {
        return;
    }
    let constant = select(vec2(0.0), both(constant_column()), state.shift > 0.0);
    let to_rows = sqrt(state.scale / max(state.ritz, 1e-30));
    let scaled = fma(sum, vec2(row.factor.y), constant) * to_rows;
    fiedler[row.index] = select(0.0, root[row.index] * scaled.x, usable);
    product[row.index] = select(0.0, scaled.y, usable);
}
