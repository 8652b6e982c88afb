// The mean of each cluster, a cluster a workgroup: sums in an order that the rows' order fixes. The
// centre of a cluster without rows stays where it was.
#import "shared/params.wgsl"
#import "shared/clusters.wgsl"

@group(0) @binding(1) var<storage, read> cluster_of: array<u32>;
@group(0) @binding(2) var<storage, read> members: array<u32>;
@group(0) @binding(3) var<storage, read> embedding: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> centres: array<vec4<f32>>;

#import "shared/members.wgsl"

const LANES = 256u;
const MOST_QUADS = 8u;
// Rows that are added up side by side: eight lanes have a quad each. Of a million rows a lane adds
// up 32,768; llvmpipe ends a thread after 65,535 iterations.
const TEAMS = LANES / MOST_QUADS;
var<workgroup> sums: array<vec4<f32>, LANES>;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let cluster = group.y * groups.x + group.x;
    let first = rows_above(cluster);
    let end = rows_from(cluster);
    let quad = lane % MOST_QUADS;
    var sum = vec4<f32>();
    if cluster < params.kept && quad < quads() {
        for (var at = first + lane / MOST_QUADS; at < end; at += TEAMS) {
            sum += embedding[members[at] * quads() + quad];
        }
    }
    sums[lane] = sum;
    workgroupBarrier();
    if lane < quads() && cluster < params.kept && first < end {
        var total = vec4<f32>();
        for (var team = 0u; team < TEAMS; team++) {
            total += sums[team * MOST_QUADS + lane];
        }
        centres[cluster * quads() + lane] = total / f32(end - first);
    }
}
