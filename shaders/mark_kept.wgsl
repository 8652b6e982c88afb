// The rule over many workgroups: marks the kept rows with 1 among zeros, or lists them in rank
// order. Eight picks a thread. Writes the status block.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/status.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> marks: array<u32>;
@group(0) @binding(4) var<storage, read_write> kept: array<u32>;
@group(0) @binding(5) var<storage, read_write> status: Status;

#import "shared/write_status.wgsl"

override ascending: bool = true;

#import "shared/hash.wgsl"
#import "shared/choice.wgsl"
#import "shared/radix.wgsl"

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * TILE;
    let end = min(first + TILE, params.kept);
    for (var pick = first + lane; pick < end; pick += THREADS) {
        let rank = chosen_rank(pick, state.mode, state.valid, params.kept, params.seed);
        let row = order[rank];
        if ascending {
            marks[row] = 1u;
        } else {
            kept[pick] = row;
        }
    }
    if group.x == 0u && lane == 0u {
        write_status();
    }
}
