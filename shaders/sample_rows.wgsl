// Unit rows of an evenly spaced sample of the call's rows, for `negative_pair`; nothing where no
// row has a negative entry, for then no similarity can be negative. Eight lanes a row.
#import "shared/params.wgsl"
#import "shared/rows.wgsl"

#import "shared/sign_flags.wgsl" FEATURE=u32 PAIR=u32
@group(0) @binding(1) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> sign_flags: SignFlags;
@group(0) @binding(3) var<storage, read_write> unit: array<vec2<f32>>;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = (group.y * groups.x + group.x) * TEAMS + lane / TEAM;
    let row = place * chunk.sample_stride;
    let here = row >= chunk.first && row < chunk.first + chunk.rows;
    let past = row >= params.rows && chunk.first + chunk.rows == params.rows;
    if sign_flags.negative_feature == 0u || place >= chunk.sample_rows || !(here || past) {
        return;
    }
    var factor = vec2<f32>();
    if here {
        factor = factors[row];
    }
    let usable = factor.x > 0.0;
    let start = row_start(select(0u, source_row(select(0u, row - chunk.first, here)), usable));
    let width = params.padded / 2u;
    for (var pair = lane % TEAM; pair < width; pair += TEAM) {
        var value = vec2<f32>();
        if usable && pair < pairs() {
            value = load_pair(start, pair) * factor.x * factor.y;
        }
        unit[place * width + pair] = value;
    }
}
