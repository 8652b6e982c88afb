// The next centre: the row of the best candidate, by one workgroup.
#import "shared/params.wgsl"
#import "shared/clusters.wgsl"

@group(0) @binding(1) var<storage, read_write> clusters: Clusters;
@group(0) @binding(2) var<storage, read> candidates: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> embedding: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> centres: array<vec4<f32>>;

// Runs of rows that have a candidate each.
override runs: u32 = 1u;

const THREADS = 256u;
#import "shared/candidate_keys.wgsl"

var<workgroup> drawn_before: u32;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    var best = NO_CANDIDATE;
    if lane < runs {
        best = candidates[lane];
    }
    best = best_candidate(lane, best);
    if lane == 0u {
        drawn_before = clusters.drawn;
    }
    let drawn = workgroupUniformLoad(&drawn_before);
    // No row is valid, or there are as many centres as clusters.
    if best.y == 0u || drawn >= params.kept {
        return;
    }
    if lane < quads() {
        centres[drawn * quads() + lane] = embedding[best.z * quads() + lane];
    }
    if lane == 0u {
        clusters.drawn = drawn + 1u;
    }
}
