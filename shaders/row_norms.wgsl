// What the low-rank path keeps of a feature row: its scale to unit length as two factors, a power
// of two and a reciprocal norm, so that rows of any magnitude come out exact; whether it is valid;
// and whether any valid row has a negative entry. Eight lanes a row.
#import "shared/params.wgsl"
#import "shared/rows.wgsl"

#import "shared/sign_flags.wgsl" FEATURE=atomic<u32> PAIR=atomic<u32>
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

// Of the row's pairs, those that iterations of four loads under way at once take; a loop over the
// rest follows.
fn in_fours() -> u32 {
    return pairs() - pairs() % (4u * TEAM);
}

// What the lane sees of the row that starts at `start`.
fn magnitude_and_sign_of_row(start: u32, lane: u32) -> vec2<u32> {
    var seen = vec2<u32>();
    for (var pair = lane % TEAM; pair < in_fours(); pair += 4u * TEAM) {
        let a = load_pair(start, pair);
        let b = load_pair(start, pair + TEAM);
        let c = load_pair(start, pair + 2u * TEAM);
        let d = load_pair(start, pair + 3u * TEAM);
        seen = max(seen, max(magnitude_and_sign(a), magnitude_and_sign(b)));
        seen = max(seen, max(magnitude_and_sign(c), magnitude_and_sign(d)));
    }
    for (var pair = in_fours() + lane % TEAM; pair < pairs(); pair += TEAM) {
        seen = max(seen, magnitude_and_sign(load_pair(start, pair)));
    }
    return seen;
}

// The sum of the lane's squares, in the order of its pairs.
fn squares_of_row(start: u32, scale: f32, lane: u32) -> f32 {
    var sum = 0.0;
    for (var pair = lane % TEAM; pair < in_fours(); pair += 4u * TEAM) {
        let a = load_pair(start, pair) * scale;
        let b = load_pair(start, pair + TEAM) * scale;
        let c = load_pair(start, pair + 2u * TEAM) * scale;
        let d = load_pair(start, pair + 3u * TEAM) * scale;
        sum = sum + dot(a, a) + dot(b, b) + dot(c, c) + dot(d, d);
    }
    for (var pair = in_fours() + lane % TEAM; pair < pairs(); pair += TEAM) {
        let value = load_pair(start, pair) * scale;
        sum += dot(value, value);
    }
    return sum;
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
    let seen = team_max(lane, magnitude_and_sign_of_row(start, lane));
    let usable = present && is_usable(seen.x);
    let scale = inverse_scale(seen.x);
    let squares = team_sum(lane, vec4(squares_of_row(start, scale, lane))).x;
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
