// For each row of S: the sum of its entries and the smallest one, over valid columns. The sum takes
// the diagonal along in its place, so that identical rows have identical sums.
// Four rows a workgroup, 64 lanes a row.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> similarity: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read_write> row_sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> row_minimum: array<f32>;

// Entries below it count as it; -1e30 where the affinity does not clamp.
override floor_similarity: f32 = -1e30;

const LANES = 64u;
var<workgroup> sums: array<f32, 256>;
var<workgroup> minima: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x * 4u + lane / LANES;
    var sum = 0.0;
    var minimum = 2.0;
    for (var quad = lane % LANES; quad * 4u < params.rows; quad += LANES) {
        let entries = similarity[row * params.leading / 4u + quad];
        for (var part = 0u; part < 4u; part++) {
            let column = quad * 4u + part;
            if column < params.rows && valid[column] == 1u {
                minimum = min(minimum, entries[part]);
                sum += max(entries[part], floor_similarity);
            }
        }
    }
    sums[lane] = sum;
    minima[lane] = minimum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane % LANES < half {
            sums[lane] += sums[lane + half];
            minima[lane] = min(minima[lane], minima[lane + half]);
        }
        workgroupBarrier();
    }
    if lane % LANES == 0u {
        row_sum[row] = sums[lane];
        row_minimum[row] = minima[lane];
    }
}
