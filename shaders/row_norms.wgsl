// What the low-rank path keeps of a feature row: its scale to unit length as two factors, a power
// of two and a reciprocal norm, so that rows of any magnitude come out exact; whether it is valid;
// and whether any valid row has a negative entry. Eight lanes a row.
#import "shared/params.wgsl"
#import "shared/rows.wgsl"

struct SignFlags {
    negative_feature: atomic<u32>,
    negative_pair: atomic<u32>,
}
@group(0) @binding(1) var<storage, read_write> factors: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> valid: array<u32>;
@group(0) @binding(3) var<storage, read_write> sign_flags: SignFlags;

#import "shared/magnitude.wgsl"

// True where rows are to be read as they are: the factors of valid rows are 1.
override raw: bool = false;

var<workgroup> team_bits: array<vec2<u32>, THREADS>;

// Bits of the row's largest magnitude, and whether an entry is negative.
#import "shared/team.wgsl" NAME=team_max TYPE=vec2<u32> SCRATCH=team_bits TEAM=TEAM COMBINE=max(a,b)

fn magnitude_and_sign(pair: vec2<f32>) -> vec2<u32> {
    let bits = bitcast<vec2<u32>>(pair);
    let size = bits & vec2(MAGNITUDE);
    let negative = any(((bits >> vec2(31u)) == vec2(1u)) & (size != vec2(0u)));
    return vec2(max(size.x, size.y), u32(negative));
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = (group.y * groups.x + group.x) * TEAMS + lane / TEAM;
    let source = source_row(min(row, chunk.rows - 1u));
    let present = row < chunk.rows && (params.listed == 0u || source < params.bank_rows);
    // A row that is not there is read as the first one and comes out as invalid.
    let start = row_start(select(0u, source, present));
    var seen = vec2<u32>();
    for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
        seen = max(seen, magnitude_and_sign(load_pair(start, pair)));
    }
    seen = team_max(lane, seen);
    let usable = present && is_usable(seen.x);
    let scale = inverse_scale(seen.x);
    var squares = 0.0;
    for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
        let value = load_pair(start, pair) * scale;
        squares += dot(value, value);
    }
    squares = team_sum(lane, vec4(squares)).x;
    let index = chunk.first + row;
    // Past the chunk lie rows of the next one, or padding behind the last.
    let own = row < chunk.rows || chunk.first + chunk.rows == params.rows;
    if lane % TEAM == 0u && index < params.leading && own {
        let own_factors = select(vec2(scale, 1.0 / sqrt(squares)), vec2(1.0), raw);
        factors[index] = select(vec2(0.0), own_factors, usable);
        valid[index] = u32(usable);
        if usable && seen.y != 0u {
            atomicOr(&sign_flags.negative_feature, 1u);
        }
    }
}
