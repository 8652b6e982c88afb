// A tile of 64 x 64 products of rows, by 64 threads: a slab of 16 features of both sides is staged
// in workgroup memory, from which every thread adds outer products of four rows and four columns.
// Needs `stage_slab` of the importing file, which stages one by `stage_quads`.
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

// A thread's entries of a tile: four blocks of 4 x 4, half a tile apart. `near_far` are near rows
// and far columns.
struct TileProducts {
    near_near: mat4x4<f32>,
    near_far: mat4x4<f32>,
    far_near: mat4x4<f32>,
    far_far: mat4x4<f32>,
}

// Products over `padded` features of the rows from the `row`th quad of the tile on with the columns
// from the `column`th on. Every entry is the same sum in the same order, wherever it lies.
fn tile_products(tile: vec2<u32>, lane: u32, row: u32, column: u32, padded: u32) -> TileProducts {
    var sums: TileProducts;
    for (var slab = 0u; slab < padded; slab += SLAB) {
        stage_slab(tile, slab, lane);
        workgroupBarrier();
        for (var k = 0u; k < SLAB; k++) {
            let rows = left[k * QUADS + row];
            let far_rows = left[k * QUADS + HALF + row];
            let columns = right[k * QUADS + column];
            let far_columns = right[k * QUADS + HALF + column];
            sums.near_near = accumulate(sums.near_near, rows, columns);
            sums.near_far = accumulate(sums.near_far, rows, far_columns);
            sums.far_near = accumulate(sums.far_near, far_rows, columns);
            sums.far_far = accumulate(sums.far_far, far_rows, far_columns);
        }
        workgroupBarrier();
    }
    return sums;
}
