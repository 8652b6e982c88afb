#variants half split
// S = U Uᵀ by tiles of 64 x 64, the upper half computed and mirrored, so that S is symmetric to
// the bit and identical rows have identical similarities; the diagonal is left as computed for the
// same reason. Each of 64 threads holds four blocks of 4 x 4 entries, half a tile apart.
//
// While a tile is in registers it leaves, for each of its rows, the sum and the smallest of the
// row's entries in it; off the diagonal also for each of its columns, which are rows of the
// mirrored tile. Both go through the same additions in the same places, so that identical rows have
// identical sums wherever they lie. Under the exp affinity what is stored and summed are the
// weights; the smallest entry is a similarity under each. `half` stores f16 and sums what it
// stored.
#import "shared/params.wgsl"
#import "shared/piece.wgsl"
#import "shared/as_computed.wgsl"

#if half
#import "shared/quads.wgsl"
@group(0) @binding(1) var<storage, read> unit: array<vec2<u32>>;
#else
@group(0) @binding(1) var<storage, read> unit: array<vec4<f32>>;
#endif
@group(0) @binding(2) var<storage, read> valid: array<vec4<u32>>;
#if half
@group(0) @binding(3) var<storage, read_write> similarity: array<vec2<u32>>;
#else
@group(0) @binding(3) var<storage, read_write> similarity: array<vec4<f32>>;
#endif
// Sum and smallest entry over the valid columns of a tile: [tile of columns][row].
@group(0) @binding(4) var<storage, read_write> partials: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> diagonal: array<vec4<f32>>;
@group(0) @binding(6) var<uniform> piece: Piece;

// Entries below it count as it in sums; -1e30 where the affinity does not clamp.
override floor_similarity: f32 = -1e30;
// 1/tau of the exp affinity; 0 where weights are not computed here.
override decay: f32 = 0.0;

// In the end its arrays hold sums and minima instead.
#import "shared/tile.wgsl"

// Partial results that each row of a tile is put together from.
const PARTS = HALF;
// Where those of the mirrored tile's rows begin.
const MIRRORED = PARTS * QUADS;
// Added to entries of invalid columns: more than any similarity.
const ABSENT = 4.0;

// Which of many graphs; each has `leading` rows in every buffer.
var<private> graph: u32;

fn unit_quad(at: u32) -> vec4<f32> {
#if half
    return unpack_quad(unit[at]);
#else
    return unit[at];
#endif
}

// Four features of four rows, transposed so that an entry holds one feature of all four.
fn load_block(row: u32, column: u32) -> mat4x4<f32> {
    let stride = params.padded / 4u;
    let at = (graph * params.leading + row) * stride + column / 4u;
    return transpose(mat4x4(
        unit_quad(at),
        unit_quad(at + stride),
        unit_quad(at + 2u * stride),
        unit_quad(at + 3u * stride),
    ));
}

#if split
// Half of the threads stage either side. Past the features, whose padding is half a slab, are zeros.
fn stage_slab(tile: vec2<u32>, slab: u32, lane: u32) {
    let quad = lane % 128u / 8u;
    let feature = (lane % 8u) * 4u;
    let is_left = lane < 128u;
    let row = select(tile.y, tile.x, is_left) * TILE + quad * 4u;
    var block: mat4x4<f32>;
    if slab + feature < params.padded {
        block = load_block(row, slab + feature);
    }
    if is_left {
        stage_left(feature, quad, block);
    } else {
        stage_right(feature, quad, block);
    }
}
#else
fn stage_slab(tile: vec2<u32>, slab: u32, lane: u32) {
    let quad = lane / 4u;
    let feature = (lane % 4u) * 4u;
    let from_left = load_block(tile.x * TILE + quad * 4u, slab + feature);
    let from_right = load_block(tile.y * TILE + quad * 4u, slab + feature);
    stage_quads(feature, quad, from_left, from_right);
}
#endif

fn store_quad(at: u32, entries: vec4<f32>) {
#if half
    similarity[at] = pack_quad(entries);
#else
    similarity[at] = entries;
#endif
}

fn store(block: mat4x4<f32>, row: u32, column: u32) {
    let stride = params.leading / 4u;
    let at = (graph * params.leading + row) * stride + column / 4u;
    store_quad(at, block[0]);
    store_quad(at + stride, block[1]);
    store_quad(at + 2u * stride, block[2]);
    store_quad(at + 3u * stride, block[3]);
}

fn store_both(block: mat4x4<f32>, row: u32, column: u32, mirrored: bool) {
    store(block, row, column);
    if mirrored {
        store(transpose(block), column, row);
    }
}

// 1 where one of four rows from `row` on is valid, else 0.
fn presence(row: u32) -> vec4<f32> {
    return select(vec4(0.0), vec4(1.0), valid[(graph * params.leading + row) / 4u] == vec4(1u));
}

// What is stored of similarities; far enough down, a weight is as good as none.
fn weight(entries: vec4<f32>, present: vec4<f32>) -> vec4<f32> {
    var weights = entries;
    if decay > 0.0 {
        weights = exp(clamp((entries - 1.0) * decay, vec4(-87.0), vec4(0.0))) * present;
    }
#if half
    // What is stored, not what it was rounded from.
    weights = unpack_quad(pack_quad(weights) ^ vec2(unknown_zero()));
#endif
    return weights;
}

fn weigh(block: mat4x4<f32>, row: u32, column: u32) -> mat4x4<f32> {
    let columns = presence(column);
    let rows = presence(row);
    return mat4x4(
        weight(block[0], columns * rows.x),
        weight(block[1], columns * rows.y),
        weight(block[2], columns * rows.z),
        weight(block[3], columns * rows.w),
    );
}

fn diagonal_of(block: mat4x4<f32>) -> vec4<f32> {
    return vec4(block[0].x, block[1].y, block[2].z, block[3].w);
}

// The sum of two addends that is added to others. Sums of a tile and of its mirror image are
// computed by two copies of this code, and must tie for identical rows: no compiler may choose
// another order of additions in one of them.
fn sum_of(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    return bitcast<vec4<f32>>(bitcast<vec4<u32>>(a + b) ^ vec4(unknown_zero()));
}

// Sum over four columns of each of four rows; an entry holds one column of the four rows.
fn column_sum(columns: mat4x4<f32>) -> vec4<f32> {
    let lowest = vec4(floor_similarity);
    let first = sum_of(max(columns[0], lowest), max(columns[1], lowest));
    return sum_of(first, sum_of(max(columns[2], lowest), max(columns[3], lowest)));
}

fn column_minimum(columns: mat4x4<f32>, first: u32) -> vec4<f32> {
    let absent = ABSENT * (1.0 - presence(first));
    return min(
        min(columns[0] + absent.x, columns[1] + absent.y),
        min(columns[2] + absent.z, columns[3] + absent.w),
    );
}

// Leaves what one part contributes to the sums of four rows: their entries in four columns and in
// the four half a tile on. Invalid columns are zero and change no sum.
fn stage_sum(place: u32, near: mat4x4<f32>, far: mat4x4<f32>) {
    left[place] = column_sum(near) + column_sum(far);
}

// The same for the smallest entry; `first` is the first of the near columns.
fn stage_minimum(place: u32, near: mat4x4<f32>, far: mat4x4<f32>, first: u32) {
    right[place] = min(column_minimum(near, first), column_minimum(far, first + TILE / 2u));
}

// Sum and smallest entry of one row of a tile, from all parts.
fn combine_parts(base: u32, row: u32) -> vec2<f32> {
    var sum = left[base + row / 4u];
    var minimum = right[base + row / 4u];
    for (var part = 1u; part < PARTS; part++) {
        let place = base + part * QUADS + row / 4u;
        sum = sum_of(sum, left[place]);
        minimum = min(minimum, right[place]);
    }
    return vec2(sum[row % 4u], minimum[row % 4u]);
}

// Stores a thread's entries and what they contribute to the sums and minima of their rows. Parts of
// this tile's rows come first, then those of the mirrored tile's.
fn leave_products(tile: vec2<u32>, row: u32, column: u32, products: TileProducts) {
    var near_near = products.near_near;
    var near_far = products.near_far;
    var far_near = products.far_near;
    var far_far = products.far_far;
    let top = tile.x * TILE + row * 4u;
    let start = tile.y * TILE + column * 4u;
    let far = TILE / 2u;
    let mirrored = tile.x != tile.y;
    let down = column * QUADS + row;
    let across = MIRRORED + row * QUADS + column;

    stage_minimum(down, transpose(near_near), transpose(near_far), start);
    stage_minimum(down + HALF, transpose(far_near), transpose(far_far), start);
    if mirrored {
        stage_minimum(across, near_near, far_near, top);
        stage_minimum(across + HALF, near_far, far_far, top);
    } else if row == column {
        diagonal[(graph * params.leading + top) / 4u] = diagonal_of(near_near);
        diagonal[(graph * params.leading + top + far) / 4u] = diagonal_of(far_far);
    }

    near_near = weigh(near_near, top, start);
    near_far = weigh(near_far, top, start + far);
    far_near = weigh(far_near, top + far, start);
    far_far = weigh(far_far, top + far, start + far);
    store_both(near_near, top, start, mirrored);
    store_both(near_far, top, start + far, mirrored);
    store_both(far_near, top + far, start, mirrored);
    store_both(far_far, top + far, start + far, mirrored);

    stage_sum(down, transpose(near_near), transpose(near_far));
    stage_sum(down + HALF, transpose(far_near), transpose(far_far));
    if mirrored {
        stage_sum(across, near_near, far_near);
        stage_sum(across + HALF, near_far, far_far);
    }
}

// Sums and minima of this tile's rows and of the mirrored tile's, by a thread a row.
fn leave_partials(tile: vec2<u32>, lane: u32) {
    let line = graph * (params.leading / TILE);
    partials[(line + tile.y) * params.leading + tile.x * TILE + lane] = combine_parts(0u, lane);
    if tile.x != tile.y {
        let place = (line + tile.x) * params.leading + tile.y * TILE + lane;
        partials[place] = combine_parts(MIRRORED, lane);
    }
}

@compute @workgroup_size(TILE_THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let tile = piece.first.xy + group.xy;
    graph = piece.first.z + group.z;
    if tile.x > tile.y {
        return;
    }
    let row = lane % TILE_LANES / 8u;
    let column = lane % 8u;
    let products = tile_products(tile, lane, row, column, params.padded);
#if split
    if lane < TILE_LANES {
        leave_products(tile, row, column, products);
    }
    workgroupBarrier();
    if lane < TILE_LANES {
        leave_partials(tile, lane);
    }
#else
    leave_products(tile, row, column, products);
    workgroupBarrier();
    leave_partials(tile, lane);
#endif
}
