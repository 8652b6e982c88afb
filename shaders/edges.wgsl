// From each row's neighbours to the edges of the graph, as bits: an edge where either row has
// chosen the other. Counts the edges of every row. A lane a row, 64 rows a workgroup.
#import "shared/params.wgsl"
#import "shared/bits.wgsl"

@group(0) @binding(1) var<storage, read> chosen: array<u32>;
@group(0) @binding(2) var<storage, read_write> edges: array<u32>;
// Edges of each row; `offsets` makes sums of them.
@group(0) @binding(3) var<storage, read_write> row_starts: array<u32>;

const LANES = 64u;

// Which of 32 rows from `first` on have chosen this row.
fn choosers(row: u32, first: u32) -> u32 {
    var word = 0u;
    for (var other = 0u; other < 32u; other++) {
        let bits = chosen[(first + other) * bit_stride() + row / 32u];
        word |= ((bits >> (row % 32u)) & 1u) << other;
    }
    return word;
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    var count = 0u;
    for (var word = 0u; word < bit_words(); word++) {
        let at = row * bit_stride() + word;
        let both = chosen[at] | choosers(row, word * 32u);
        edges[at] = both;
        count += countOneBits(both);
    }
    row_starts[row] = count;
}
