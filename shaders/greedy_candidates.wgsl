// The row with the largest key of each run of rows, a run a workgroup.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> keys: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> candidates: array<vec4<u32>>;

const THREADS = 256u;
#import "shared/candidate_keys.wgsl"

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let run = (params.rows + groups.x - 1u) / groups.x;
    let end = min((group.x + 1u) * run, params.rows);
    var best = NO_CANDIDATE;
    for (var row = group.x * run + lane; row < end; row += THREADS) {
        // A chosen row has no key.
        if keys[row].y != 0u {
            best = better(best, vec4(keys[row], row, 0u));
        }
    }
    best = best_candidate(lane, best);
    if lane == 0u {
        candidates[group.x] = best;
    }
}
