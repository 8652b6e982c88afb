// What changes of coverage take off the gain of every row, from a matrix of similarities: 64 rows a
// workgroup, and four lanes a row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"

@group(0) @binding(2) var<storage, read> changes: array<Change>;
@group(0) @binding(3) var<storage, read> similarity: array<f32>;
@group(0) @binding(4) var<storage, read_write> keys: array<vec2<u32>>;

#import "shared/wide.wgsl"
#import "shared/gains.wgsl"

const ROWS = 64u;
const SLICES = 4u;
var<workgroup> parts: array<vec2<u32>, ROWS * SLICES>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x * ROWS + lane % ROWS;
    let count = atomicLoad(&greedy.changed);
    var sum = vec2<u32>();
    if row < params.rows {
        for (var at = lane / ROWS; at < count; at += SLICES) {
            let change = changes[at];
            let units = similarity_units(similarity[change.row * params.leading + row]);
            sum = add_wide(sum, vec2(gain_of(units, change), 0u));
        }
    }
    parts[lane] = sum;
    workgroupBarrier();
    if lane < ROWS && row < params.rows {
        sum = add_wide(add_wide(parts[lane], parts[lane + ROWS]),
            add_wide(parts[lane + 2u * ROWS], parts[lane + 3u * ROWS]));
        apply(row, sum);
    }
}
