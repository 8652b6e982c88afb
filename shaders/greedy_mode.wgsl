// Keys where nothing distinguishes rows: those on an even stride first, or none; a rank a thread.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"

@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> keys: array<vec2<u32>>;

#import "shared/share.wgsl"
#import "shared/stride.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let rank = id.x;
    let mode = mode_of();
    if rank >= params.rows || mode == MODE_SOLVE {
        return;
    }
    // Where all rows are kept, they are in the order of their numbers.
    let all = params.kept >= params.rows;
    let usable = rank < greedy.valid || all;
    var key = select(INVALID, VALID, usable);
    if usable && mode == MODE_EVEN_STRIDE && is_on_stride(rank, greedy.valid, params.kept) {
        key = ON_STRIDE;
    }
    keys[select(order[rank], rank, all)] = vec2(0u, key);
}
