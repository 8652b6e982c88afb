// What the chosen row covers better than those before it, without a matrix of similarities: 64 rows a workgroup, a slab of
// 16 features staged at a time. Each similarity is the same sum in the same order as in `tile.wgsl`, so that a
// row gains nothing from a copy of it.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> centre: array<f32>;
@group(0) @binding(4) var<storage, read_write> covered: array<u32>;
@group(0) @binding(5) var<storage, read_write> changes: array<Change>;

#import "shared/cover.wgsl"

const ROWS = 64u;
const SLAB = 16u;
const PAIRS = SLAB / 2u;
// [row][feature], a word apart from the next row's so that lanes read from all banks.
var<workgroup> slab: array<f32, ROWS * (SLAB + 1u)>;

fn stage(lane: u32, first_row: u32, column: u32) {
    for (var at = lane; at < ROWS * PAIRS; at += ROWS) {
        let row = first_row + at / PAIRS;
        let pair = column / 2u + at % PAIRS;
        var value = vec2<f32>();
        if row < chunk.rows && pair < pairs() {
            let factor = factors[chunk.first + row];
            if factor.x > 0.0 {
                value = load_pair(row_start(source_row(row)), pair) * factor.x * factor.y;
            }
        }
        let place = at / PAIRS * (SLAB + 1u) + at % PAIRS * 2u;
        slab[place] = value.x;
        slab[place + 1u] = value.y;
    }
}

@compute @workgroup_size(ROWS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first_row = group.x * ROWS;
    var sum = 0.0;
    for (var column = 0u; column < params.padded; column += SLAB) {
        stage(lane, first_row, column);
        workgroupBarrier();
        for (var k = 0u; k < SLAB; k++) {
            sum = fma(slab[lane * (SLAB + 1u) + k], centre[column + k], sum);
        }
        workgroupBarrier();
    }
    let row = first_row + lane;
    if row < chunk.rows && greedy.row != NO_ROW && factors[chunk.first + row].x > 0.0 {
        cover(chunk.first + row, similarity_units(sum));
    }
}
