// How often each digit occurs in each tile, a tile a workgroup.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> keys: array<u32>;
// A total a digit, which the scan fills in; then a line a digit with an entry a tile.
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

#import "shared/radix.wgsl"
#import "shared/digit.wgsl"

var<workgroup> found: array<atomic<u32>, DIGITS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    atomicStore(&found[lane], 0u);
    workgroupBarrier();
    let first = group.x * TILE;
    let end = min(first + TILE, params.rows);
    for (var at = first + lane; at < end; at += THREADS) {
        atomicAdd(&found[digit(keys[at])], 1u);
    }
    workgroupBarrier();
    counts[DIGITS + lane * tiles(params.rows) + group.x] = atomicLoad(&found[lane]);
}
