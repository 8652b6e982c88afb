// A tile of 64 x 64 products of rows, by 64 threads: a slab of 16 features of both sides is staged
// in workgroup memory, from which every thread adds outer products of four rows and four columns.
// Needs `stage_slab` of the importing file, which stages one by `stage_quads`.
//
// `split`: by 256 threads, where there are too few tiles to fill a GPU. Four teams of 64 threads
// share the features of a slab of 32, and the first team adds up the sums of all.
const TILE = 64u;
#if split
const SLAB = 32u;
const TILE_TEAMS = 4u;
#else
const SLAB = 16u;
const TILE_TEAMS = 1u;
#endif
// Threads that have all entries of a tile.
const TILE_LANES = 64u;
const TILE_THREADS = TILE_LANES * TILE_TEAMS;
// Quads of rows in a tile: the stride of one feature in workgroup memory.
const QUADS = TILE / 4u;
const HALF = QUADS / 2u;
// One feature of four rows an entry: [feature][quad of rows].
var<workgroup> left: array<vec4<f32>, SLAB * QUADS>;
var<workgroup> right: array<vec4<f32>, SLAB * QUADS>;

#if split
// Stages four features of a quad of rows of one side; a column holds one feature of four rows.
fn stage_left(feature: u32, quad: u32, block: mat4x4<f32>) {
    left[feature * QUADS + quad] = block[0];
    left[(feature + 1u) * QUADS + quad] = block[1];
    left[(feature + 2u) * QUADS + quad] = block[2];
    left[(feature + 3u) * QUADS + quad] = block[3];
}

fn stage_right(feature: u32, quad: u32, block: mat4x4<f32>) {
    right[feature * QUADS + quad] = block[0];
    right[(feature + 1u) * QUADS + quad] = block[1];
    right[(feature + 2u) * QUADS + quad] = block[2];
    right[(feature + 3u) * QUADS + quad] = block[3];
}
#else
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
#endif

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

#if split
// The slab's arrays have room for the blocks of three teams and more, a line of threads for each of a
// block's columns.
fn leave_in_left(place: u32, block: mat4x4<f32>) {
    left[place] = block[0];
    left[TILE_LANES + place] = block[1];
    left[2u * TILE_LANES + place] = block[2];
    left[3u * TILE_LANES + place] = block[3];
}

fn leave_in_right(place: u32, block: mat4x4<f32>) {
    right[place] = block[0];
    right[TILE_LANES + place] = block[1];
    right[2u * TILE_LANES + place] = block[2];
    right[3u * TILE_LANES + place] = block[3];
}

fn left_block(place: u32) -> mat4x4<f32> {
    return mat4x4(
        left[place], left[TILE_LANES + place], left[2u * TILE_LANES + place], left[3u * TILE_LANES + place],
    );
}

fn right_block(place: u32) -> mat4x4<f32> {
    return mat4x4(
        right[place], right[TILE_LANES + place], right[2u * TILE_LANES + place], right[3u * TILE_LANES + place],
    );
}

// The sums of all teams, for the first one, in the order of the teams.
fn sum_blocks(team: u32, place: u32, own: mat4x4<f32>) -> mat4x4<f32> {
    let second = 4u * TILE_LANES + place;
    if team == 1u {
        leave_in_left(place, own);
    } else if team == 2u {
        leave_in_left(second, own);
    } else if team == 3u {
        leave_in_right(place, own);
    }
    workgroupBarrier();
    var sum = own;
    if team == 0u {
        sum = own + left_block(place) + left_block(second) + right_block(place);
    }
    workgroupBarrier();
    return sum;
}
#endif

// Products over `padded` features of the rows from the `row`th quad of the tile on with the columns
// from the `column`th on; with `split` those of the first team count. Every entry is the same sum in
// the same order, wherever it lies.
fn tile_products(tile: vec2<u32>, lane: u32, row: u32, column: u32, padded: u32) -> TileProducts {
    var sums: TileProducts;
#if split
    let team = lane / TILE_LANES;
#endif
    for (var slab = 0u; slab < padded; slab += SLAB) {
        stage_slab(tile, slab, lane);
        workgroupBarrier();
#if split
        for (var step = 0u; step < SLAB / TILE_TEAMS; step++) {
            let k = team * (SLAB / TILE_TEAMS) + step;
#else
        for (var k = 0u; k < SLAB; k++) {
#endif
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
#if split
    sums.near_near = sum_blocks(team, lane % TILE_LANES, sums.near_near);
    sums.near_far = sum_blocks(team, lane % TILE_LANES, sums.near_far);
    sums.far_near = sum_blocks(team, lane % TILE_LANES, sums.far_near);
    sums.far_far = sum_blocks(team, lane % TILE_LANES, sums.far_far);
#endif
    return sums;
}
