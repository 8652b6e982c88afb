// Keys by which rows follow the medoids: the farthest from their centre first; a row a thread, or
// a rank a thread where no graph was solved and all rows count as alike.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/clusters.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> order: array<u32>;
// A bit a row: given beforehand.
@group(0) @binding(3) var<storage, read> taken: array<u32>;
@group(0) @binding(4) var<storage, read> assigned: array<u32>;
@group(0) @binding(5) var<storage, read> embedding: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> centres: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> order_keys: array<u32>;

#import "shared/share.wgsl"
#import "shared/stride.wgsl"
#import "shared/squared_distance.wgsl"
#import "shared/medoid_classes.wgsl"

fn key_of(rank: u32, row: u32) -> u32 {
    if is_taken(row) {
        return TAKEN;
    }
    // All rows are kept, in the order of their numbers.
    if params.kept >= params.rows {
        return ORDINARY;
    }
    if state.mode == MODE_SOLVE {
        if assigned[row] == params.kept {
            return INVALID;
        }
        return ORDINARY + (bitcast<u32>(squared_distance(row, assigned[row])) >> 1u);
    }
    if rank >= state.valid {
        return INVALID;
    }
    let stride = state.mode == MODE_EVEN_STRIDE && is_on_stride(rank, state.valid, params.kept);
    return select(ORDINARY, MEDOID, stride);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let rank = id.x;
    if rank >= params.rows {
        return;
    }
    let row = select(order[rank], rank, state.mode == MODE_SOLVE);
    order_keys[row] = key_of(rank, row);
}
