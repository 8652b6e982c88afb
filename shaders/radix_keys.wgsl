// The key of every row, by which the radix sort orders them. Eight rows a thread.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> scores: array<f32>;
@group(0) @binding(3) var<storage, read> valid: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;

#import "shared/hash.wgsl"
#import "shared/keys.wgsl"
#import "shared/radix.wgsl"

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * TILE;
    let end = min(first + TILE, params.rows);
    for (var row = first + lane; row < end; row += THREADS) {
        keys[row] = row_key(row, scores[row], valid[row] == 1u, state.mode, state.flags);
    }
}
