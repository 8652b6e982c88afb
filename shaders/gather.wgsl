// A combination of unit rows, sum of c_i f_i, as partial sums: each workgroup goes through its own
// rows, a tile of 32 at a time, first weighing them, then adding them up column by column. In the
// dual product the weight of a row is its own dot product with the vector, so that one reading of
// the features makes both halves of F'D^-1 F w. The lift column sums the weights themselves.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
// The vector over rows (weights by vector) or over columns (dual).
@group(0) @binding(3) var<storage, read> source: array<f32>;
// Row scales (weights by vector) or degrees (dual).
@group(0) @binding(4) var<storage, read> row_weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> partials: array<f32>;

// 0 every valid row counts once; 1 the weights are a vector over rows; 2 the dual product.
override weighting: u32 = 0u;
// True for the product that follows the solver, whose vector lies at the source's start.
override last: bool = false;
// True where the source's newest vector always lies in row 1 (power iteration).
override in_place: bool = false;

const ONES = 0u;
const VECTOR = 1u;

// Of each row of the tile: weight over norm, power of two, weight in the lift column, start.
var<workgroup> coefficient: array<f32, TEAMS>;
var<workgroup> power: array<f32, TEAMS>;
var<workgroup> lifted: array<f32, TEAMS>;
var<workgroup> start_of: array<u32, TEAMS>;
var<workgroup> idle: u32;

fn newest(stride: u32) -> u32 {
    if last {
        return 0u;
    }
    return select(1u + state.step, 1u, in_place) * stride;
}

// The row's product with the vector over columns.
fn dual_dot(start: u32, factor: vec2<f32>, lane: u32) -> f32 {
    let at = newest(chunk.width);
    var sum = 0.0;
    for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
        let w = vec2(source[at + 2u * pair], source[at + 2u * pair + 1u]);
        sum += dot(load_pair(start, pair) * factor.x, w);
    }
    let lift = select(0.0, source[at + lift_column()], state.shift > 0.0);
    return fma(team_sum(lane, vec2(sum, 0.0)).x, factor.y, lift);
}

fn weigh(tile: u32, end: u32, lane: u32) {
    let row = min(tile + lane / TEAM, end - 1u);
    let index = chunk.first + row;
    let factor = factors[index];
    let usable = factor.x > 0.0 && tile + lane / TEAM < end;
    let start = row_start(select(0u, source_row(row), usable));
    var weight = 1.0;
    var lift = 1.0;
    if weighting == VECTOR {
        weight = source[newest(params.leading) + index];
        weight = select(weight * row_weights[index], weight, last);
        lift = weight;
    } else if weighting != ONES {
        weight = state.scale * dual_dot(start, factor, lane) / row_weights[index];
        lift = select(0.0, weight, state.shift > 0.0);
    }
    if lane % TEAM == 0u {
        let team = lane / TEAM;
        coefficient[team] = select(0.0, weight * factor.y, usable);
        lifted[team] = select(0.0, lift, usable);
        power[team] = select(0.0, factor.x, usable);
        start_of[team] = start;
    }
}

// Adds the tile to the workgroup's partial sums; every element has one lane that owns it.
fn accumulate(group: u32, opens: bool, lane: u32) {
    let parts = THREADS / chunk.span;
    let part = lane / chunk.span;
    let slot = ((chunk.first_group + group) * parts + part) * chunk.width;
    for (var pair = lane % chunk.span; pair < pairs(); pair += chunk.span) {
        var sum = vec2<f32>();
        for (var row = part; row < TEAMS; row += parts) {
            // An unusable row may hold NaN, which a weight of zero would not remove.
            if power[row] > 0.0 {
                let value = load_pair(start_of[row], pair) * power[row];
                sum = fma(vec2(coefficient[row]), value, sum);
            }
        }
        let at = slot + 2u * pair;
        if !opens {
            sum += vec2(partials[at], partials[at + 1u]);
        }
        partials[at] = sum.x;
        partials[at + 1u] = sum.y;
    }
    if lane % chunk.span == 0u {
        var sum = 0.0;
        for (var row = part; row < TEAMS; row += parts) {
            sum += lifted[row];
        }
        let at = slot + lift_column();
        if !opens {
            sum += partials[at];
        }
        partials[at] = sum;
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        let finished = !last && state.finished != 0u;
        idle = u32(weighting != ONES && (state.mode != MODE_SOLVE || finished));
    }
    if workgroupUniformLoad(&idle) != 0u {
        return;
    }
    let first = group.x * chunk.group_rows;
    let end = min(first + chunk.group_rows, chunk.rows);
    for (var tile = first; tile < end; tile += TEAMS) {
        weigh(tile, end, lane);
        workgroupBarrier();
        accumulate(group.x, tile == first, lane);
        workgroupBarrier();
    }
}
