// The partial sums of `weighted_row_sum` added up: a vector over columns, zero past the constant
// column. Four lanes a column, 64 columns a workgroup.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> group_sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> collected: array<f32>;

// True for the sums that the Laplacian is computed from, before there is a state.
override first: bool = false;
// True for the product that follows the solver.
override last: bool = false;
// The vector of the output, in widths, that is written.
override place: u32 = 0u;

const COLUMNS = 64u;
const SHARES = THREADS / COLUMNS;
var<workgroup> sums: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let column = group.x * COLUMNS + lane % COLUMNS;
    var sum = 0.0;
    if column <= constant_column() {
        for (var slot = lane / COLUMNS; slot < chunk.slots; slot += SHARES) {
            sum += group_sums[slot * chunk.width + column];
        }
    }
    sums[lane] = sum;
    workgroupBarrier();
    let finished = !last && state.finished != 0u;
    let idle = !first && (state.mode != MODE_SOLVE || finished);
    if lane < COLUMNS && !idle {
        let pair = vec2(sums[lane] + sums[lane + COLUMNS],
            sums[lane + 2u * COLUMNS] + sums[lane + 3u * COLUMNS]);
        collected[place * chunk.width + column] = pair.x + pair.y;
    }
}
