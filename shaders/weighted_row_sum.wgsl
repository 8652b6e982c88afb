// A combination of unit rows, sum of c_i f_i, as partial sums: each workgroup goes through its own
// rows, a tile of 128 at a time, first weighing them, then adding them up column by column. In the
// dual product the weight of a row is its own dot product with the vector, so that one reading of
// the features makes both halves of F'D^-1 F w. The constant column sums the weights themselves.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
// The vector over rows (weights by vector) or over columns (dual).
@group(0) @binding(3) var<storage, read> source: array<f32>;
// Row scales (weights by vector) or degrees (dual).
@group(0) @binding(4) var<storage, read> row_weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> group_sums: array<f32>;

// 0 every valid row counts once; 1 the weights are a vector over rows; 2 the dual product.
override weighting: u32 = 0u;
// True for the product that follows the solver, whose vector lies at the source's start.
override last: bool = false;
// True where the source's newest vector always lies in row 1 (power iteration).
override in_place: bool = false;

const ONES = 0u;
const VECTOR = 1u;
const UNROLL = 4u;
const TILE = 4u * TEAMS;

// Of each row of the tile: weight over norm, power of two, weight in the constant column, start.
var<workgroup> coefficient: array<f32, TILE>;
var<workgroup> power: array<f32, TILE>;
var<workgroup> constant_weight: array<f32, TILE>;
var<workgroup> start_of: array<u32, TILE>;
var<workgroup> idle: u32;

fn newest(stride: u32) -> u32 {
    if last {
        return 0u;
    }
    return select(1u + state.step, 1u, in_place) * stride;
}

// Products of the team's four rows with the vector over columns.
fn dual_dots(start: vec4<u32>, scale: vec4<f32>, lane: u32) -> vec4<f32> {
    let at = newest(chunk.width);
    var sum = vec4<f32>();
    for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
        let w = vec2(source[at + 2u * pair], source[at + 2u * pair + 1u]);
        sum += vec4(
            dot(load_pair(start.x, pair) * scale.x, w), dot(load_pair(start.y, pair) * scale.y, w),
            dot(load_pair(start.z, pair) * scale.z, w), dot(load_pair(start.w, pair) * scale.w, w),
        );
    }
    return team_sum(lane, sum);
}

// What is known of a row before it is weighed.
struct Row {
    index: u32,
    start: u32,
    factor: vec2<f32>,
}

fn row_at(row: u32, end: u32) -> Row {
    let index = chunk.first + min(row, end - 1u);
    var factor = vec2<f32>();
    if row < end {
        factor = factors[index];
    }
    let source = source_row(min(row, end - 1u));
    return Row(index, row_start(select(0u, source, factor.x > 0.0)), factor);
}

fn keep_weight(place: u32, row: Row, product: f32) {
    var weight = 1.0;
    var constant = 1.0;
    if weighting == VECTOR {
        weight = source[newest(params.leading) + row.index];
        weight = select(weight * row_weights[row.index], weight, last);
        constant = weight;
    } else if weighting != ONES {
        let shifted = state.shift > 0.0;
        let along = select(0.0, source[newest(chunk.width) + constant_column()], shifted);
        weight = state.scale * fma(product, row.factor.y, along) / row_weights[row.index];
        constant = select(0.0, weight, shifted);
    }
    let usable = row.factor.x > 0.0;
    coefficient[place] = select(0.0, weight * row.factor.y, usable);
    constant_weight[place] = select(0.0, constant, usable);
    power[place] = row.factor.x;
    start_of[place] = row.start;
}

// Each team weighs four rows of the tile, so that few barriers serve all of them.
fn weigh(tile: u32, end: u32, lane: u32) {
    let team = lane / TEAM;
    let a = row_at(tile + team, end);
    let b = row_at(tile + team + TEAMS, end);
    let c = row_at(tile + team + 2u * TEAMS, end);
    let d = row_at(tile + team + 3u * TEAMS, end);
    var products = vec4<f32>();
    if weighting > VECTOR {
        let scale = vec4(a.factor.x, b.factor.x, c.factor.x, d.factor.x);
        products = dual_dots(vec4(a.start, b.start, c.start, d.start), scale, lane);
    }
    if lane % TEAM == 0u {
        keep_weight(team, a, products.x);
        keep_weight(team + TEAMS, b, products.y);
        keep_weight(team + 2u * TEAMS, c, products.z);
        keep_weight(team + 3u * TEAMS, d, products.w);
    }
}

// One lane's columns of the tile: four pairs, `span` apart, for each look at a row's weight.
fn tile_sums(pair: u32, part: u32, parts: u32) -> array<vec2<f32>, UNROLL> {
    let end = pairs() - 1u;
    let at = min(vec4(pair) + vec4(0u, 1u, 2u, 3u) * chunk.span, vec4(end));
    var sums: array<vec2<f32>, UNROLL>;
    for (var row = part; row < TILE; row += parts) {
        let scale = power[row];
        // An unusable row may hold NaN, which a weight of zero would not remove.
        if scale > 0.0 {
            let weight = vec2(coefficient[row]);
            let start = start_of[row];
            sums[0] = fma(weight, load_pair(start, at.x) * scale, sums[0]);
            sums[1] = fma(weight, load_pair(start, at.y) * scale, sums[1]);
            sums[2] = fma(weight, load_pair(start, at.z) * scale, sums[2]);
            sums[3] = fma(weight, load_pair(start, at.w) * scale, sums[3]);
        }
    }
    return sums;
}

fn add(at: u32, sum: vec2<f32>, opens: bool) {
    var total = sum;
    if !opens {
        total += vec2(group_sums[at], group_sums[at + 1u]);
    }
    group_sums[at] = total.x;
    group_sums[at + 1u] = total.y;
}

// Adds the tile to the workgroup's partial sums; every element has one lane that owns it.
fn accumulate(group: u32, opens: bool, lane: u32) {
    let parts = THREADS / chunk.span;
    let part = lane / chunk.span;
    let slot = ((chunk.first_group + group) * parts + part) * chunk.width;
    for (var pair = lane % chunk.span; pair < pairs(); pair += UNROLL * chunk.span) {
        var sums = tile_sums(pair, part, parts);
        for (var i = 0u; i < UNROLL; i++) {
            let place = pair + i * chunk.span;
            if place < pairs() {
                add(slot + 2u * place, sums[i], opens);
            }
        }
    }
    if lane % chunk.span == 0u {
        var sum = 0.0;
        for (var row = part; row < TILE; row += parts) {
            sum += constant_weight[row];
        }
        add(slot + constant_column(), vec2(sum, 0.0), opens);
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
    for (var tile = first; tile < end; tile += TILE) {
        weigh(tile, end, lane);
        workgroupBarrier();
        accumulate(group.x, tile == first, lane);
        workgroupBarrier();
    }
}
