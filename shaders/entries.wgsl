// The edges as sparse rows: column and weight of each entry in the order of columns, and the sum
// of each row's weights. A row whose weights are all zero is left alone in the graph: its first
// entry becomes a self-loop of weight 1, by which it is a component of its own. One workgroup a
// row; each lane turns a run of words into entries.
#import "shared/params.wgsl"
#import "shared/bits.wgsl"

@group(0) @binding(1) var<storage, read> similarity: array<f32>;
@group(0) @binding(2) var<storage, read> edges: array<u32>;
@group(0) @binding(3) var<storage, read> row_starts: array<u32>;
// Column, and the bits of the weight.
@group(0) @binding(4) var<storage, read_write> entries: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> row_sum: array<f32>;

// What rounding makes of a similarity of zero, at most.
override rounding: f32 = 4e-6;

const LANES = 64u;
var<workgroup> sums: array<f32, LANES>;
#import "shared/sum.wgsl" NAME=workgroup_sum TYPE=f32 SCRATCH=sums LANES=LANES
#import "shared/scan.wgsl" LANES=LANES

fn count_edges(row: u32, first: u32, end: u32) -> u32 {
    var count = 0u;
    for (var word = first; word < end; word++) {
        count += countOneBits(edges[row * bit_stride() + word]);
    }
    return count;
}

// Writes the entries of some words of a row from `place` on, and returns the sum of their weights.
fn write_entries(row: u32, first: u32, end: u32, place: u32) -> f32 {
    var next = place;
    var sum = 0.0;
    for (var word = first; word < end; word++) {
        var rest = edges[row * bit_stride() + word];
        while rest != 0u {
            let column = word * 32u + firstTrailingBit(rest);
            rest &= rest - 1u;
            let similar = similarity[row * params.leading + column];
            let weight = select(0.0, similar, similar > rounding);
            entries[next] = vec2(column, bitcast<u32>(weight));
            next += 1u;
            sum += weight;
        }
    }
    return sum;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    let share = (bit_words() + LANES - 1u) / LANES;
    let first = min(lane * share, bit_words());
    let end = min(first + share, bit_words());
    let start = row_starts[row];
    let before = sum_before(lane, count_edges(row, first, end), LANES);
    let own = write_entries(row, first, end, start + before);
    storageBarrier();
    let total = workgroup_sum(lane, own);
    if lane == 0u {
        row_sum[row] = total;
        if total <= 0.0 && row_starts[row + 1u] > start {
            entries[start] = vec2(row, bitcast<u32>(1.0));
        }
    }
}
