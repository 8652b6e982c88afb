// Unit rows of a range of a call's rows, centred first where that is asked for; rows that are not
// valid, and those past the call's, become zero. Eight lanes a row; recorded once for each chunk
// that has rows of the range.
#import "shared/params.wgsl"
#import "shared/rows.wgsl"

// Mirrors `RowRange` in src/neighbours/division.rs.
struct RowRange {
    first: u32,
    // A multiple of a tile.
    rows: u32,
}
@group(0) @binding(1) var<uniform> range: RowRange;
@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
// Sums of the columns, then how many rows they are sums of.
@group(0) @binding(3) var<storage, read> column_sums: array<f32>;
@group(0) @binding(4) var<storage, read_write> valid: array<u32>;
@group(0) @binding(5) var<storage, read_write> unit: array<vec2<f32>>;

override centred: bool = false;

#import "shared/magnitude.wgsl"

var<workgroup> team_bits: array<u32, THREADS>;
#import "shared/team.wgsl" NAME=team_max TYPE=u32 SCRATCH=team_bits TEAM=TEAM COMBINE=max(a,b)

// A pair of a row's columns, with the mean taken off where rows are centred.
fn load_centred(start: u32, pair: u32, factor: vec2<f32>) -> vec2<f32> {
    let value = load_pair(start, pair) * factor.x * factor.y;
    if !centred {
        return value;
    }
    let mean = vec2(column_sums[2u * pair], column_sums[2u * pair + 1u])
        / column_sums[constant_column()];
    // The last pair's second column may be past the row.
    return vec2(value.x - mean.x, select(0.0, value.y - mean.y, 2u * pair + 1u < params.features));
}

// What scales a centred row to unit length: a power of two and a reciprocal norm, or zero for a row
// that has no direction.
fn centred_scale(lane: u32, start: u32, factor: vec2<f32>) -> vec2<f32> {
    var bits = 0u;
    for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
        let size = bitcast<vec2<u32>>(load_centred(start, pair, factor)) & vec2(MAGNITUDE);
        bits = max(bits, max(size.x, size.y));
    }
    bits = team_max(lane, bits);
    let scale = inverse_scale(bits);
    var squares = 0.0;
    for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
        let value = load_centred(start, pair, factor) * scale;
        squares += dot(value, value);
    }
    squares = team_sum(lane, vec4(squares)).x;
    return select(vec2(0.0), vec2(scale, 1.0 / sqrt(squares)), is_usable(bits));
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = (group.y * groups.x + group.x) * TEAMS + lane / TEAM;
    let row = range.first + place;
    let end = chunk.first + chunk.rows;
    let wanted = place < range.rows;
    let here = wanted && row >= chunk.first && row < end;
    // Behind the last row lies padding.
    let past = wanted && row >= params.rows && end == params.rows;
    var factor = vec2<f32>();
    if here {
        factor = factors[row];
    }
    var usable = factor.x > 0.0;
    var start = row_start(0u);
    if usable {
        start = row_start(source_row(row - chunk.first));
    }
    var scale = vec2(1.0);
    if centred {
        scale = centred_scale(lane, start, factor);
        usable = usable && scale.x > 0.0;
    }
    let width = params.padded / 2u;
    if here || past {
        for (var pair = lane % TEAM; pair < width; pair += TEAM) {
            var value = vec2<f32>();
            if usable && pair < pairs() {
                value = load_centred(start, pair, factor) * scale.x * scale.y;
            }
            unit[place * width + pair] = value;
        }
    }
    if here && lane % TEAM == 0u {
        valid[row] = u32(usable);
    }
}
