// One product with a sparse graph: eight lanes a row, eight rows a workgroup.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
// Where each row's entries start, and after the last row where they end.
@group(0) @binding(2) var<storage, read> row_starts: array<u32>;
// Column, and the bits of the weight.
@group(0) @binding(3) var<storage, read> entries: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> degree: array<f32>;
@group(0) @binding(5) var<storage, read> root: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> product: array<f32>;

#import "shared/operator.wgsl"

const ROWS = 8u;
const SHARE = 8u;
const LANES = ROWS * SHARE;
var<workgroup> sums: array<f32, LANES>;
#import "shared/team.wgsl" NAME=row_sum TYPE=f32 SCRATCH=sums TEAM=SHARE COMBINE=(a+b)

fn partial_sum(row: u32, part: u32) -> f32 {
    let start = newest();
    let end = row_starts[row + 1u];
    var sum = 0.0;
    for (var at = row_starts[row] + part; at < end; at += SHARE) {
        let column = entries[at].x;
        var x = source[start + column / 4u][column % 4u];
        if !last {
            x *= root[column / 4u][column % 4u];
        }
        sum = fma(bitcast<f32>(entries[at].y), x, sum);
    }
    return sum;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x * ROWS + lane / SHARE;
    let part = lane % SHARE;
    let idle = is_idle();
    var sum = 0.0;
    if !idle && row < params.rows {
        sum = partial_sum(row, part);
    }
    sum = row_sum(lane, sum);
    // Rows past the last come out as zero, for kernels that read quads.
    if part == 0u && !idle {
        product[row] = finish(row, sum);
    }
}
