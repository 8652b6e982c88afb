#variants half
// From the caller's matrix to the similarity matrix of the workspace, by tiles of 64 x 64: the
// upper half is read and mirrored, rows and columns that do not take part become zero. Like
// `similarity`, it leaves the sum and the smallest entry of each row of a tile, added up in the
// order of columns in both halves, so that identical rows have identical sums.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> valid: array<u32>;
#if half
#import "shared/quads.wgsl"
@group(0) @binding(3) var<storage, read_write> similarity: array<vec2<u32>>;
#else
@group(0) @binding(3) var<storage, read_write> similarity: array<vec4<f32>>;
#endif
// Sum and smallest entry over the valid columns of a tile: [tile of columns][row].
@group(0) @binding(4) var<storage, read_write> partials: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> diagonal: array<f32>;

// Entries below it count as it in sums; -1e30 where the affinity does not clamp.
override floor_similarity: f32 = -1e30;
// 1/tau of the exp affinity; 0 where weights are not computed here.
override decay: f32 = 0.0;
// True where the entries are weights already, whose smallest decides nothing.
override given: bool = false;

const TILE = 64u;
// More than any similarity.
const ABSENT = 4.0;
// Entry (i, j) of the tile lies at `place(i, j)`, so that lanes read rows and columns alike from
// different banks.
var<workgroup> entries: array<f32, TILE * TILE>;

fn place(i: u32, j: u32) -> u32 {
    return i * TILE + (j ^ i);
}

// Entry (row, column) of the upper half; 0 where either does not take part.
fn load(row: u32, column: u32) -> f32 {
    if valid[row] == 0u || valid[column] == 0u {
        return 0.0;
    }
    let first = min(row, column);
    let second = max(row, column);
    return matrix[params.offset + first * params.stride + second];
}

// What is stored of four entries, of which `present` says which take part.
fn weights(quad: vec4<f32>, present: vec4<f32>) -> vec4<f32> {
    if decay > 0.0 {
        return exp(clamp((quad - 1.0) * decay, vec4(-87.0), vec4(0.0))) * present;
    }
    return quad;
}

// Stores four entries, and returns what was stored.
fn store(row: u32, column: u32, quad: vec4<f32>) -> vec4<f32> {
    let at = (row * params.leading + column) / 4u;
#if half
    // The exclusive or with zero keeps compilers from leaving the rounding out.
    let packed = pack_quad(quad) ^ vec2(params.rows >> 31u);
    similarity[at] = packed;
    return unpack_quad(packed);
#else
    similarity[at] = quad;
    return quad;
#endif
}

// Four entries of a row of the tile, or of the mirrored tile, from column `j` on.
fn staged(i: u32, j: u32, mirrored: bool) -> vec4<f32> {
    if mirrored {
        return vec4(
            entries[place(j, i)],
            entries[place(j + 1u, i)],
            entries[place(j + 2u, i)],
            entries[place(j + 3u, i)],
        );
    }
    return vec4(
        entries[place(i, j)],
        entries[place(i, j + 1u)],
        entries[place(i, j + 2u)],
        entries[place(i, j + 3u)],
    );
}

// 1 where one of four rows from `row` on takes part, else 0.
fn presence(row: u32) -> vec4<f32> {
    return vec4<f32>(vec4(valid[row], valid[row + 1u], valid[row + 2u], valid[row + 3u]));
}

// Writes row `i` of the tile whose rows and columns start at `first`, and returns the row's sum and
// smallest entry.
fn write_row(first: vec2<u32>, i: u32, mirrored: bool) -> vec2<f32> {
    let row = first.x + i;
    let own = f32(valid[row]);
    var sum = 0.0;
    var minimum = ABSENT;
    for (var j = 0u; j < TILE; j += 4u) {
        let quad = staged(i, j, mirrored);
        let present = own * presence(first.y + j);
        let stored = store(row, first.y + j, weights(quad, present));
        let counted = max(stored, vec4(floor_similarity));
        sum += (counted.x + counted.y) + (counted.z + counted.w);
        let smallest = quad + ABSENT * (1.0 - present);
        minimum = min(minimum, min(min(smallest.x, smallest.y), min(smallest.z, smallest.w)));
    }
    return vec2(sum, select(minimum, 0.0, given));
}

@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let tile = group.xy;
    if tile.x > tile.y {
        return;
    }
    let first = tile * TILE;
    for (var i = 0u; i < TILE; i++) {
        entries[place(i, lane)] = load(first.x + i, first.y + lane);
    }
    workgroupBarrier();
    partials[tile.y * params.leading + first.x + lane] = write_row(first, lane, false);
    if tile.x == tile.y {
        diagonal[first.x + lane] = entries[place(lane, lane)];
    } else {
        let across = write_row(first.yx, lane, true);
        partials[tile.x * params.leading + first.y + lane] = across;
    }
}
