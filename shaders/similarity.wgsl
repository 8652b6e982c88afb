// S = U Uᵀ by tiles of 64 x 64, the upper half computed and mirrored, so that S is symmetric to
// the bit and identical rows have identical similarities; the diagonal is left as computed for the
// same reason. Each of 64 threads holds four blocks of 4 x 4 entries, half a tile apart.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> unit: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> similarity: array<vec4<f32>>;

const TILE = 64u;
const SLAB = 16u;
// Quads of rows in a tile: the stride of one feature in workgroup memory.
const QUADS = TILE / 4u;
const HALF = QUADS / 2u;
// One feature of four rows an entry: [feature][quad of rows].
var<workgroup> left: array<vec4<f32>, SLAB * QUADS>;
var<workgroup> right: array<vec4<f32>, SLAB * QUADS>;

// Which of many graphs; each has `leading` rows in both buffers.
var<private> graph: u32;

// Four features of four rows, transposed so that an entry holds one feature of all four.
fn load_block(row: u32, column: u32) -> mat4x4<f32> {
    let stride = params.padded / 4u;
    let at = (graph * params.leading + row) * stride + column / 4u;
    return transpose(mat4x4(
        unit[at],
        unit[at + stride],
        unit[at + 2u * stride],
        unit[at + 3u * stride],
    ));
}

fn stage_slab(tile: vec2<u32>, slab: u32, lane: u32) {
    let quad = lane / 4u;
    let feature = (lane % 4u) * 4u;
    let from_left = load_block(tile.x * TILE + quad * 4u, slab + feature);
    let from_right = load_block(tile.y * TILE + quad * 4u, slab + feature);
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

fn store(block: mat4x4<f32>, row: u32, column: u32) {
    let stride = params.leading / 4u;
    let at = (graph * params.leading + row) * stride + column / 4u;
    similarity[at] = block[0];
    similarity[at + stride] = block[1];
    similarity[at + 2u * stride] = block[2];
    similarity[at + 3u * stride] = block[3];
}

fn store_both(block: mat4x4<f32>, row: u32, column: u32, mirrored: bool) {
    store(block, row, column);
    if mirrored {
        store(transpose(block), column, row);
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let tile = group.xy;
    graph = group.z;
    if tile.x > tile.y {
        return;
    }
    let row = lane / 8u;
    let column = lane % 8u;
    var near_near: mat4x4<f32>;
    var near_far: mat4x4<f32>;
    var far_near: mat4x4<f32>;
    var far_far: mat4x4<f32>;
    for (var slab = 0u; slab < params.padded; slab += SLAB) {
        stage_slab(tile, slab, lane);
        workgroupBarrier();
        for (var k = 0u; k < SLAB; k++) {
            let rows = left[k * QUADS + row];
            let far_rows = left[k * QUADS + HALF + row];
            let columns = right[k * QUADS + column];
            let far_columns = right[k * QUADS + HALF + column];
            near_near = accumulate(near_near, rows, columns);
            near_far = accumulate(near_far, rows, far_columns);
            far_near = accumulate(far_near, far_rows, columns);
            far_far = accumulate(far_far, far_rows, far_columns);
        }
        workgroupBarrier();
    }
    let top = tile.x * TILE + row * 4u;
    let start = tile.y * TILE + column * 4u;
    let far = TILE / 2u;
    let mirrored = tile.x != tile.y;
    store_both(near_near, top, start, mirrored);
    store_both(near_far, top, start + far, mirrored);
    store_both(far_near, top + far, start, mirrored);
    store_both(far_far, top + far, start + far, mirrored);
}
