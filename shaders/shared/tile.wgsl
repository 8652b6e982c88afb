// A tile of 64 x 64 products of rows, by 64 threads: a slab of 16 features of both sides is staged
// in workgroup memory, from which every thread adds outer products of four rows and four columns.
const TILE = 64u;
const SLAB = 16u;
// Quads of rows in a tile: the stride of one feature in workgroup memory.
const QUADS = TILE / 4u;
const HALF = QUADS / 2u;
// One feature of four rows an entry: [feature][quad of rows].
var<workgroup> left: array<vec4<f32>, SLAB * QUADS>;
var<workgroup> right: array<vec4<f32>, SLAB * QUADS>;

// Stages four features of a quad of rows of either side; a column holds one feature of four rows.
fn stage_quads(feature: u32, quad: u32, from_left: mat4x4<f32>, from_right: mat4x4<f32>) {
    left[feature * QUADS + quad] = from_left[0];
    left[(feature + 1u) * QUADS + quad] = from_left[1];
    left[(feature + 2u) * QUADS + quad] = from_left[2];
    left[(feature + 3u) * QUADS + quad] = from_left[3];
    right[feature * QUADS + quad] = from_right[0];
    right[(feature + 1u) * QUADS + quad] = from_right[1];
    right[(feature + 2u) * QUADS + quad] = from_right[2];
    right[(feature + 3u) * QUADS + quad] = from_right[3];
}

// Adds the outer product of four rows' and four columns' values; row i of the block is block[i].
fn accumulate(block: mat4x4<f32>, rows: vec4<f32>, columns: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(
        fma(vec4(rows.x), columns, block[0]),
        fma(vec4(rows.y), columns, block[1]),
        fma(vec4(rows.z), columns, block[2]),
        fma(vec4(rows.w), columns, block[3]),
    );
}
