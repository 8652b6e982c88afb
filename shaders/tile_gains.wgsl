// What the changes of a round take off the gain of every row, without a matrix: similarities of 64
// rows, read where they lie, with 64 changed rows at a time, by tiles as in `similarity.wgsl`. Every
// entry is the same sum in the same order, so identical rows have identical gains.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"
#import "shared/rows.wgsl"
#import "shared/round.wgsl"

@group(0) @binding(2) var<uniform> window: Round;
@group(0) @binding(3) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> changes: array<Change>;
@group(0) @binding(5) var<storage, read> unit: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> keys: array<vec2<u32>>;

#import "shared/tile.wgsl"
#import "shared/wide.wgsl"
#import "shared/gains.wgsl"

const LANES = 64u;
// Sums of eight rows a lane.
var<workgroup> parts: array<vec2<u32>, 8u * LANES>;
var<workgroup> staged: array<Change, TILE>;
var<workgroup> changes_here: u32;

// Four features of a row, at unit length; zero past the features and for rows without a factor.
fn load_quad(row: u32, column: u32) -> vec4<f32> {
    if row >= chunk.rows {
        return vec4<f32>();
    }
    let factor = factors[chunk.first + row];
    if factor.x == 0.0 {
        return vec4<f32>();
    }
    let start = row_start(source_row(row));
    var quad = vec4<f32>();
    if column < params.features {
        quad = vec4(load_pair(start, column / 2u), quad.zw);
    }
    if column + 2u < params.features {
        quad = vec4(quad.xy, load_pair(start, column / 2u + 1u));
    }
    return quad * factor.x * factor.y;
}

fn stage_slab(tile: vec2<u32>, slab: u32, lane: u32) {
    let quad = lane / 4u;
    let feature = (lane % 4u) * 4u;
    let stride = params.padded / 4u;
    let column = slab + feature;
    let top = tile.x * TILE + quad * 4u;
    let start = (tile.y * TILE + quad * 4u) * stride + column / 4u;
    stage_quads(feature, quad,
        transpose(mat4x4(
            load_quad(top, column),
            load_quad(top + 1u, column),
            load_quad(top + 2u, column),
            load_quad(top + 3u, column),
        )),
        transpose(mat4x4(
            unit[start],
            unit[start + stride],
            unit[start + 2u * stride],
            unit[start + 3u * stride],
        )));
}

fn gain_of_four(entries: vec4<f32>, first: u32) -> u32 {
    return gain_of(similarity_units(entries.x), staged[first])
        + gain_of(similarity_units(entries.y), staged[first + 1u])
        + gain_of(similarity_units(entries.z), staged[first + 2u])
        + gain_of(similarity_units(entries.w), staged[first + 3u]);
}

fn add_block(at: u32, near: mat4x4<f32>, far: mat4x4<f32>, column: u32) {
    for (var i = 0u; i < 4u; i++) {
        let sum = gain_of_four(near[i], column * 4u)
            + gain_of_four(far[i], TILE / 2u + column * 4u);
        parts[at + i] = add_wide(parts[at + i], vec2(sum, 0u));
    }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = lane / 8u;
    let column = lane % 8u;
    for (var i = 0u; i < 8u; i++) {
        parts[lane * 8u + i] = vec2(0u);
    }
    if lane == 0u {
        changes_here = changes_in(atomicLoad(&greedy.changed), window);
    }
    let count = workgroupUniformLoad(&changes_here);
    for (var first = 0u; first < count; first += TILE) {
        // A change from nothing to nothing has no gain.
        var change = Change(0u, 0u, 0u, 0u);
        if first + lane < count {
            change = changes[window.first + first + lane];
        }
        staged[lane] = change;
        let products = tile_products(vec2(group.x, first / TILE), lane, row, column, params.padded);
        add_block(lane * 8u, products.near_near, products.near_far, column);
        add_block(lane * 8u + 4u, products.far_near, products.far_far, column);
        workgroupBarrier();
    }
    workgroupBarrier();
    // Lane l adds up row l of the tile: eight lanes have parts of it.
    let quad = (lane % 32u) / 4u;
    let entry = lane % 4u + select(0u, 4u, lane >= 32u);
    var sum = vec2<u32>();
    for (var part = 0u; part < 8u; part++) {
        sum = add_wide(sum, parts[(quad * 8u + part) * 8u + entry]);
    }
    let own = group.x * TILE + lane;
    if own < chunk.rows && count > 0u {
        apply(chunk.first + own, sum);
    }
}
