// Distance of every row to the nearest of the centres drawn so far, and a candidate for the next of
// each run of rows: k-means++, whose draw by squared distance is the largest of squared distances
// over uniform numbers from a hash. A run a workgroup.
#import "shared/params.wgsl"
#import "shared/clusters.wgsl"
#import "shared/hash.wgsl"

@group(0) @binding(1) var<storage, read_write> clusters: Clusters;
@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read> embedding: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> centres: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> distances: array<f32>;
@group(0) @binding(6) var<storage, read_write> candidates: array<vec4<u32>>;

const THREADS = 256u;
#import "shared/candidate_keys.wgsl"
#import "shared/squared_distance.wgsl"

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let run = (params.rows + groups.x - 1u) / groups.x;
    let end = min((group.x + 1u) * run, params.rows);
    let drawn = clusters.drawn;
    var best = NO_CANDIDATE;
    for (var row = group.x * run + lane; row < end; row += THREADS) {
        // The first centre is any row.
        var distance = 1.0;
        if drawn > 0u {
            distance = squared_distance(row, drawn - 1u);
            if drawn > 1u {
                distance = min(distance, distances[row]);
            }
        }
        distances[row] = distance;
        let uniform_number = f32((seeded_hash(row, params.seed + drawn) >> 8u) + 1u);
        let key = bitcast<u32>(distance / uniform_number * 16777216.0);
        if valid[row] == 1u {
            best = better(best, vec4(key, 1u, row, 0u));
        }
    }
    best = best_candidate(lane, best);
    if lane == 0u {
        candidates[group.x] = best;
    }
}
