// Row sums of S without S: each unit row's product with the sum of all unit rows. And how alike
// the rows are: all of them lie within the angle to their common direction, so that twice the
// largest angle bounds the smallest similarity from below; negative where a negative similarity
// was found. Eight lanes a row.
#import "shared/params.wgsl"
#import "shared/rows.wgsl"

#import "shared/sign_flags.wgsl" FEATURE=u32 PAIR=u32
@group(0) @binding(1) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> column_sums: array<f32>;
@group(0) @binding(3) var<storage, read> sign_flags: SignFlags;
@group(0) @binding(4) var<storage, read_write> row_sum: array<f32>;
@group(0) @binding(5) var<storage, read_write> row_minimum: array<f32>;

#import "shared/team_row.wgsl"

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = team_row(group, groups, lane);
    var along = 0.0;
    var squares = 0.0;
    for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
        let value = load_pair(row.start, pair) * row.factor.x;
        let sum = vec2(column_sums[2u * pair], column_sums[2u * pair + 1u]);
        along += dot(value, sum);
        squares += dot(sum, sum);
    }
    let sums = team_sum(lane, vec4(along, squares, 0.0, 0.0));
    // Lengths may be off by what rounding does to many equal terms; in the distance between unit
    // vectors such errors only count squared, where in their product they would count plainly.
    let to_unit = 1.0 / sqrt(sums.y);
    var distance = 0.0;
    for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
        let value = load_pair(row.start, pair) * row.factor.x * row.factor.y;
        let sum = vec2(column_sums[2u * pair], column_sums[2u * pair + 1u]);
        let apart = value - sum * to_unit;
        distance += dot(apart, apart);
    }
    distance = team_sum(lane, vec4(distance)).x;
    if lane % TEAM != 0u || row.index >= params.leading {
        return;
    }
    row_sum[row.index] = select(0.0, sums.x * row.factor.y, row.usable);
    // The cosine of twice the angle whose cosine is 1 - distance / 2.
    let closeness = select(0.0, 1.0 - 2.0 * distance + 0.5 * distance * distance, distance < 0.5);
    let minimum = select(closeness, -1.0, sign_flags.negative_pair != 0u);
    row_minimum[row.index] = select(2.0, minimum, row.usable);
}
