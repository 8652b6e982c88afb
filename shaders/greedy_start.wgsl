// Keys and coverage of every row before anything is chosen, a row a thread.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"

@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> covered: array<u32>;
@group(0) @binding(6) var<storage, read_write> changes: array<Change>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    if row >= params.rows {
        return;
    }
    let usable = valid[row] == 1u;
    // Without a gain yet, or as far as a row can be.
    keys[row] = vec2(
        select(0u, FARTHEST, usable && !by_gain),
        select(INVALID, VALID, usable),
    );
    covered[row] = select(FARTHEST, 0u, by_gain);
    // At first every valid row is covered by nothing, and so each one's gain is all of it.
    if by_gain {
        changes[row] = Change(order[row], 0u, UNREACHED, 0u);
    }
}
