// The next basis vector of a Lanczos step over many rows, unless the solve has ended. One thread a
// quad of rows.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
// Zero between the last row and the end of its quad.
@group(0) @binding(2) var<storage, read> product: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> basis: array<vec4<f32>>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let quads = params.leading / 4u;
    if id.x >= quads || state.mode != MODE_SOLVE || state.finished != 0u {
        return;
    }
    var value = vec4<f32>();
    if id.x < (params.rows + 3u) / 4u {
        value = product[id.x] / state.beta[state.step - 1u];
    }
    basis[(state.step + 1u) * quads + id.x] = value;
}
