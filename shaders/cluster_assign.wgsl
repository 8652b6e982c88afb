// The nearest centre of every row, of equally near ones the first; 64 rows a workgroup, with 64
// centres at a time in workgroup memory. Rows that are not valid have a cluster of their own behind
// the others.
#import "shared/params.wgsl"
#import "shared/clusters.wgsl"
#import "shared/piece.wgsl"

@group(0) @binding(1) var<storage, read_write> clusters: Clusters;
@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read> embedding: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> centres: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> assigned: array<u32>;
@group(0) @binding(6) var<uniform> piece: Piece;

const LANES = 64u;
const MOST_QUADS = 8u;
// Centres whose products with a row are taken together: fewer iterations, of which llvmpipe allows a
// thread 65,535, enough for 24,576 centres.
const AT_ONCE = 8u;
// Farther than any centre.
const NOWHERE = 1e30;
var<workgroup> staged: array<vec4<f32>, LANES * MOST_QUADS>;
var<workgroup> half_squares: array<f32, LANES>;
var<workgroup> is_settled: u32;

fn stage(lane: u32, first: u32) {
    let centre = first + lane;
    var squares = 2.0 * NOWHERE;
    if centre < params.kept {
        squares = 0.0;
        for (var quad = 0u; quad < quads(); quad++) {
            let value = centres[centre * quads() + quad];
            staged[lane * MOST_QUADS + quad] = value;
            squares += dot(value, value);
        }
    } else {
        for (var quad = 0u; quad < quads(); quad++) {
            staged[lane * MOST_QUADS + quad] = vec4<f32>();
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
    let row = (piece.first.x + group.x) * LANES + lane;
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
        for (var centre = 0u; centre < count; centre += AT_ONCE) {
            var products: array<f32, AT_ONCE>;
            for (var quad = 0u; quad < quads(); quad++) {
                let value = own[quad];
                let at = centre * MOST_QUADS + quad;
                products[0] += dot(value, staged[at]);
                products[1] += dot(value, staged[at + MOST_QUADS]);
                products[2] += dot(value, staged[at + 2u * MOST_QUADS]);
                products[3] += dot(value, staged[at + 3u * MOST_QUADS]);
                products[4] += dot(value, staged[at + 4u * MOST_QUADS]);
                products[5] += dot(value, staged[at + 5u * MOST_QUADS]);
                products[6] += dot(value, staged[at + 6u * MOST_QUADS]);
                products[7] += dot(value, staged[at + 7u * MOST_QUADS]);
            }
            for (var i = 0u; i < AT_ONCE; i++) {
                let distance = half_squares[centre + i] - products[i];
                if distance < least {
                    least = distance;
                    nearest = first + centre + i;
                }
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
