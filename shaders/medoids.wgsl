// The row of each cluster that is nearest to its centre, a cluster a workgroup, and its key: the
// cluster's size. A cluster of which a row was given beforehand has none.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/clusters.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> cluster_of: array<u32>;
@group(0) @binding(3) var<storage, read> members: array<u32>;
@group(0) @binding(4) var<storage, read> taken: array<u32>;
@group(0) @binding(5) var<storage, read> embedding: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> centres: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> order_keys: array<u32>;

#import "shared/members.wgsl"
#import "shared/squared_distance.wgsl"
#import "shared/medoid_classes.wgsl"

// Of a million rows a lane looks at 4,096, by nine iterations each.
const LANES = 256u;
// The nearest member of each lane, and how far it is; whether any was given beforehand.
struct Nearest {
    distance: f32,
    row: u32,
    taken: u32,
}
var<workgroup> found: array<Nearest, LANES>;

fn nearer(a: Nearest, b: Nearest) -> Nearest {
    var best = a;
    if b.distance < a.distance || (b.distance == a.distance && b.row < a.row) {
        best = b;
    }
    best.taken = a.taken | b.taken;
    return best;
}

#import "shared/reduction.wgsl" NAME=nearest_of TYPE=Nearest SCRATCH=found LANES=LANES COMBINE=nearer(a,b)

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let cluster = group.y * groups.x + group.x;
    let first = rows_above(cluster);
    let end = rows_from(cluster);
    var best = Nearest(3e38, 0xffffffffu, 0u);
    if cluster < params.kept {
        for (var at = first + lane; at < end; at += LANES) {
            let row = members[at];
            let own = Nearest(squared_distance(row, cluster), row, u32(is_taken(row)));
            best = nearer(best, own);
        }
    }
    best = nearest_of(lane, best);
    let solved = state.mode == MODE_SOLVE && cluster < params.kept;
    if lane == 0u && solved && first < end && best.taken == 0u {
        order_keys[best.row] = MEDOID | (end - first);
    }
}
