// Similarities of a block of unit rows with a span of unit rows, by tiles of 64 x 64. Each of 64
// threads holds four blocks of 4 x 4 entries, half a tile apart, as in `similarity.wgsl`. Every
// entry is the same sum in the same order, so identical rows have identical similarities.
#import "shared/block.wgsl"

@group(0) @binding(0) var<uniform> block: Block;
@group(0) @binding(1) var<storage, read> block_unit: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> span_unit: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> similarity: array<vec4<f32>>;

#import "shared/tile.wgsl"

fn stage_slab(tile: vec2<u32>, slab: u32, lane: u32) {
    let quad = lane / 4u;
    let feature = (lane % 4u) * 4u;
    let stride = block.padded / 4u;
    let column = (slab + feature) / 4u;
    let top = (tile.x * TILE + quad * 4u) * stride + column;
    let start = (tile.y * TILE + quad * 4u) * stride + column;
    stage_quads(feature, quad,
        transpose(mat4x4(
            block_unit[top],
            block_unit[top + stride],
            block_unit[top + 2u * stride],
            block_unit[top + 3u * stride],
        )),
        transpose(mat4x4(
            span_unit[start],
            span_unit[start + stride],
            span_unit[start + 2u * stride],
            span_unit[start + 3u * stride],
        )));
}

fn store(entries: mat4x4<f32>, row: u32, column: u32) {
    let stride = block.span_stride / 4u;
    let at = row * stride + column / 4u;
    similarity[at] = entries[0];
    similarity[at + stride] = entries[1];
    similarity[at + 2u * stride] = entries[2];
    similarity[at + 3u * stride] = entries[3];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = lane / 8u;
    let column = lane % 8u;
    let products = tile_products(group.xy, lane, row, column, block.padded);
    let top = group.x * TILE + row * 4u;
    let start = group.y * TILE + column * 4u;
    let far = TILE / 2u;
    store(products.near_near, top, start);
    store(products.near_far, top, start + far);
    store(products.far_near, top + far, start);
    store(products.far_far, top + far, start + far);
}
