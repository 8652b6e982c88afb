// From the edges of each row to where the row's entries start, by one workgroup; the place after
// the last row says where they end.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read_write> row_starts: array<u32>;

const THREADS = 256u;
#import "shared/scan.wgsl" LANES=THREADS

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    let share = (params.rows + THREADS - 1u) / THREADS;
    let first = min(lane * share, params.rows);
    let end = min(first + share, params.rows);
    var count = 0u;
    for (var row = first; row < end; row++) {
        count += row_starts[row];
    }
    var start = sum_before(lane, count, THREADS);
    for (var row = first; row < end; row++) {
        let own = row_starts[row];
        row_starts[row] = start;
        start += own;
    }
    if lane == THREADS - 1u {
        row_starts[params.rows] = start;
    }
}
