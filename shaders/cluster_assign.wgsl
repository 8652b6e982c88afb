// The nearest centre of every row, of equally near ones the first; 64 rows a workgroup, with 64
// centres at a time in workgroup memory. Rows that are not valid have a cluster of their own behind
// the others.
#import "shared/params.wgsl"
#import "shared/clusters.wgsl"

@group(0) @binding(1) var<storage, read_write> clusters: Clusters;
@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read> embedding: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> centres: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> assigned: array<u32>;

const LANES = 64u;
const MOST_QUADS = 8u;
var<workgroup> staged: array<vec4<f32>, LANES * MOST_QUADS>;
var<workgroup> half_squares: array<f32, LANES>;
var<workgroup> is_settled: u32;

fn stage(lane: u32, first: u32) {
    let centre = first + lane;
    var squares = 0.0;
    if centre < params.kept {
        for (var quad = 0u; quad < quads(); quad++) {
            let value = centres[centre * quads() + quad];
            staged[lane * MOST_QUADS + quad] = value;
            squares += dot(value, value);
        }
    }
    half_squares[lane] = 0.5 * squares;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        is_settled = clusters.settled;
    }
    if workgroupUniformLoad(&is_settled) != 0u {
        return;
    }
    let row = group.x * LANES + lane;
    var own: array<vec4<f32>, MOST_QUADS>;
    let present = row < params.rows;
    for (var quad = 0u; quad < quads(); quad++) {
        own[quad] = embedding[min(row, params.rows - 1u) * quads() + quad];
    }
    var nearest = 0u;
    // Half the squared distance, less what all centres have alike.
    var least = 3e38;
    for (var first = 0u; first < params.kept; first += LANES) {
        stage(lane, first);
        workgroupBarrier();
        let count = min(LANES, params.kept - first);
        for (var centre = 0u; centre < count; centre++) {
            var product = 0.0;
            for (var quad = 0u; quad < quads(); quad++) {
                product += dot(own[quad], staged[centre * MOST_QUADS + quad]);
            }
            let distance = half_squares[centre] - product;
            if distance < least {
                least = distance;
                nearest = first + centre;
            }
        }
        workgroupBarrier();
    }
    if present {
        let cluster = select(params.kept, nearest, valid[row] == 1u);
        if assigned[row] != cluster {
            assigned[row] = cluster;
            atomicOr(&clusters.moved, 1u);
        }
    }
}
