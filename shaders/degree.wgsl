// For each row of S: the sum of its entries and the smallest one, over valid columns. The sum takes
// the diagonal along in its place, so that identical rows have identical sums; the smallest entry
// is relative to the diagonal, so that rounding over many features does not make them look unlike. Four rows a
// workgroup, which share every look at which columns are valid.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> similarity: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read_write> row_sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> row_minimum: array<f32>;

// Entries below it count as it; -1e30 where the affinity does not clamp.
override floor_similarity: f32 = -1e30;

const LANES = 64u;
const ROWS = 4u;
// Larger than any similarity.
const NONE = 2.0;
// One entry for each of the four rows.
var<workgroup> sums: array<vec4<f32>, LANES>;
var<workgroup> minima: array<vec4<f32>, LANES>;

fn is_valid(column: u32) -> bool {
    return column < params.rows && valid[column] == 1u;
}

fn quad_sum(entries: vec4<f32>, present: vec4<bool>) -> f32 {
    return dot(select(vec4(0.0), max(entries, vec4(floor_similarity)), present), vec4(1.0));
}

fn quad_minimum(entries: vec4<f32>, present: vec4<bool>) -> f32 {
    let seen = select(vec4(NONE), entries, present);
    return min(min(seen.x, seen.y), min(seen.z, seen.w));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * ROWS;
    let stride = params.leading / 4u;
    var sum = vec4<f32>();
    var minimum = vec4(NONE);
    for (var quad = lane; quad * 4u < params.rows; quad += LANES) {
        let column = quad * 4u;
        let present = vec4(
            is_valid(column),
            is_valid(column + 1u),
            is_valid(column + 2u),
            is_valid(column + 3u),
        );
        let at = first * stride + quad;
        let a = similarity[at];
        let b = similarity[at + stride];
        let c = similarity[at + 2u * stride];
        let d = similarity[at + 3u * stride];
        sum += vec4(
            quad_sum(a, present), quad_sum(b, present), quad_sum(c, present), quad_sum(d, present),
        );
        minimum = min(minimum, vec4(
            quad_minimum(a, present), quad_minimum(b, present),
            quad_minimum(c, present), quad_minimum(d, present),
        ));
    }
    sums[lane] = sum;
    minima[lane] = minimum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            sums[lane] += sums[lane + half];
            minima[lane] = min(minima[lane], minima[lane + half]);
        }
        workgroupBarrier();
    }
    if lane < ROWS {
        row_sum[first + lane] = sums[0][lane];
        let row = first + lane;
        let own = similarity[row * stride + row / 4u][row % 4u];
        // An invalid row has 0 there, and its minimum is not looked at.
        row_minimum[row] = minima[0][lane] / max(own, 0.5);
    }
}
