// The chosen row at unit length, by one workgroup; recorded once for each chunk, of which one has
// the row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> centre: array<vec2<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    let row = greedy.row;
    if row == NO_ROW || row < chunk.first || row >= chunk.first + chunk.rows {
        return;
    }
    let factor = factors[row];
    let start = row_start(source_row(row - chunk.first));
    for (var pair = lane; pair < params.padded / 2u; pair += THREADS) {
        var value = vec2<f32>();
        if pair < pairs() {
            value = load_pair(start, pair) * factor.x * factor.y;
        }
        centre[pair] = value;
    }
}
