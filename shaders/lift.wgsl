// From the dual's eigenvector w over columns to the Fiedler vector over rows, u = D^-1/2 F w / sigma
// with sigma² the Ritz value, and W D^-1/2 u from M w, which the residual and the polish want.
// Eight lanes a row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
// w, then M w.
@group(0) @binding(3) var<storage, read> vectors: array<f32>;
@group(0) @binding(4) var<storage, read> root: array<f32>;
@group(0) @binding(5) var<storage, read_write> fiedler: array<f32>;
@group(0) @binding(6) var<storage, read_write> product: array<f32>;

fn both(column: u32) -> vec2<f32> {
    return vec2(vectors[column], vectors[chunk.width + column]);
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = (group.y * groups.x + group.x) * TEAMS + lane / TEAM;
    let index = chunk.first + row;
    var factor = vec2<f32>();
    if row < chunk.rows {
        factor = factors[index];
    }
    let usable = factor.x > 0.0 && state.mode == MODE_SOLVE;
    let start = row_start(select(0u, source_row(min(row, chunk.rows - 1u)), usable));
    var sum = vec2<f32>();
    if usable {
        for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
            let value = load_pair(start, pair) * factor.x;
            sum = fma(vec2(value.x), both(2u * pair), sum);
            sum = fma(vec2(value.y), both(2u * pair + 1u), sum);
        }
    }
    sum = team_sum(lane, vec4(sum, sum)).xy;
    if lane % TEAM != 0u || index >= params.leading {
        return;
    }
    let lifted = select(vec2(0.0), both(lift_column()), state.shift > 0.0);
    let scaled = fma(sum, vec2(factor.y), lifted) * sqrt(state.scale / max(state.ritz, 1e-30));
    fiedler[index] = select(0.0, root[index] * scaled.x, usable);
    product[index] = select(0.0, scaled.y, usable);
}
