// The Fiedler vector as the combination of basis vectors that the eigenvector of T names, and the
// unpolished scores: D^-1/2 u (sym) or u (un). One thread a row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> basis: array<f32>;
@group(0) @binding(3) var<storage, read> root: array<f32>;
@group(0) @binding(4) var<storage, read_write> fiedler: array<f32>;
@group(0) @binding(5) var<storage, read_write> scores: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    if row >= params.leading {
        return;
    }
    var value = 0.0;
    if state.mode == MODE_SOLVE && row < params.rows {
        for (var vector = 0u; vector < state.width; vector++) {
            let entry = basis[(vector + 1u) * params.leading + row];
            value = fma(state.coefficient[vector], entry, value);
        }
    }
    fiedler[row] = value;
    scores[row] = select(0.0, value * root[row], value != 0.0);
}
