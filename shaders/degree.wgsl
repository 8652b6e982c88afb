// For each row of S: the sum of its entries and the smallest one, over valid columns, from what
// each tile left of them. The sum takes the diagonal along in its place, so that identical rows
// have identical sums; the smallest entry is relative to the diagonal, so that rounding over many
// features does not make rows look unlike. A thread a row.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> partials: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> diagonal: array<f32>;
@group(0) @binding(3) var<storage, read_write> row_sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> row_minimum: array<f32>;

const TILE = 64u;

@compute @workgroup_size(TILE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    var sum = 0.0;
    // Larger than any similarity.
    var minimum = 2.0;
    for (var tile = 0u; tile * TILE < params.rows; tile++) {
        let part = partials[tile * params.leading + row];
        sum += part.x;
        minimum = min(minimum, part.y);
    }
    row_sum[row] = sum;
    // An invalid row has 0 on the diagonal, and its minimum is not looked at.
    row_minimum[row] = minimum / max(diagonal[row], 0.5);
}
