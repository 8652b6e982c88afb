#variants half further
// A Lanczos step in one dispatch, by Gram-Schmidt with delayed reorthogonalisation. What is
// multiplied is a vector y that was orthogonalised once. The same sums then serve its second
// orthogonalisation and the first one of its product p: c = Qᵀy, h = Qᵀp, y·y and y·p. Every
// workgroup adds up what all left of the step before, from which follow the finished basis vector
// q = (y - Q c) / β and the next y = (p - Q h) / β - s q, multiplies its rows by that, and leaves
// their part of the sums. The last workgroup takes T's entries into the state instead, and decides
// whether the solve goes on; the others learn of its end a step later.
//
// What a step leaves lies apart from what it reads, since other workgroups are still reading.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

struct Sums {
    // Number of the step that reads them.
    step: u32,
    // Nonzero once the solve has ended.
    finished: u32,
    // Each workgroup's part of c and h for each basis vector, then of y·y and y·p.
    pairs: array<vec2<f32>>,
}

@group(0) @binding(1) var<storage, read_write> state: State;
#if half
#import "shared/quads.wgsl"
@group(0) @binding(2) var<storage, read> similarity: array<vec2<u32>>;
#else
@group(0) @binding(2) var<storage, read> similarity: array<vec4<f32>>;
#endif
@group(0) @binding(3) var<storage, read> degree: array<f32>;
@group(0) @binding(4) var<storage, read> root: array<vec4<f32>>;
// Zero between the last row and the end of its quad, as pending vectors are.
@group(0) @binding(5) var<storage, read_write> basis: array<vec4<f32>>;
// y and p of two steps.
@group(0) @binding(6) var<storage, read_write> pending: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read> sums_before: Sums;
@group(0) @binding(8) var<storage, read_write> sums_after: Sums;

override symmetric: bool = true;
// Each takes four rows.
override teams: u32 = 2u;

#import "shared/operator_entry.wgsl"
#import "shared/weights.wgsl"
#import "shared/reduce.wgsl"
#import "shared/tridiagonal.wgsl"
#if further
#import "shared/eigenpairs.wgsl" VECTORS=MAX_VECTORS
#else
#import "shared/eigenpairs.wgsl" VECTORS=1u
#endif
#import "shared/lanczos.wgsl"
#import "shared/lanczos_step.wgsl"

const MAX_TEAMS = 8u;

// What all lanes need of the call.
struct Turn {
    step: u32,
    // Steps there can be.
    limit: u32,
    idle: u32,
}
var<workgroup> turn: Turn;

// What follows from the sums.
struct Coefficients {
    // What is left of y without its parts along the basis: β of the step before.
    beta: f32,
    // q·p / β.
    along: f32,
    // What y had of the last basis vector.
    last: f32,
}
var<workgroup> coefficients: Coefficients;
var<workgroup> alpha_before: f32;

// c and h, then y·y and y·p.
var<workgroup> overlap: array<vec2<f32>, MAX_STEPS + 2u>;
// What lanes exchange: parts of sums, or entries of the vector that is multiplied.
var<workgroup> exchanged: array<vec4<f32>, THREADS>;
// The workgroup's own entries.
var<workgroup> own_vector: array<vec4<f32>, MAX_TEAMS>;
var<workgroup> own_product: array<f32, 4u * MAX_TEAMS>;

#import "shared/team.wgsl" NAME=team_sum TYPE=vec4<f32> SCRATCH=exchanged TEAM=(THREADS/teams) COMBINE=(a+b)

fn quads() -> u32 {
    return params.leading / 4u;
}

// Quads of the call's rows.
fn entries_of_call() -> u32 {
    return (params.rows + 3u) / 4u;
}

// Where a step's y starts in `pending`; its p follows.
fn pending_vector(step: u32) -> u32 {
    return 2u * (step % 2u) * quads();
}

// What workgroups first, first + each, ... left of a pair of sums. Four loads are under way at once.
fn partial_pair(pair: u32, groups: u32, first: u32, each: u32) -> vec2<f32> {
    let start = pair * groups;
    let unrolled = groups - groups % (4u * each);
    var sum = vec2<f32>();
    for (var group = first; group < unrolled; group += 4u * each) {
        let a = sums_before.pairs[start + group];
        let b = sums_before.pairs[start + group + each];
        let c = sums_before.pairs[start + group + 2u * each];
        let d = sums_before.pairs[start + group + 3u * each];
        sum = sum + a + b + c + d;
    }
    for (var group = unrolled + first; group < groups; group += each) {
        sum += sums_before.pairs[start + group];
    }
    return sum;
}

// All sums, each by as many lanes as their count allows.
fn add_up(lane: u32, groups: u32, count: u32) {
    let lanes = select(select(8u, 16u, count <= 16u), 32u, count <= 8u);
    let at_once = THREADS / lanes;
    for (var first = 0u; first < count; first += at_once) {
        let pair = first + lane / lanes;
        var sum = vec2<f32>();
        if pair < count {
            sum = partial_pair(pair, groups, lane % lanes, lanes);
        }
        exchanged[lane] = vec4(sum, 0.0, 0.0);
        workgroupBarrier();
        if lane < at_once && first + lane < count {
            var total = vec2<f32>();
            for (var share = 0u; share < lanes; share++) {
                total += exchanged[lane * lanes + share].xy;
            }
            overlap[first + lane] = total;
        }
        workgroupBarrier();
    }
}

fn find_coefficients(lane: u32, groups: u32, step: u32) -> Coefficients {
    add_up(lane, groups, step + 1u);
    if lane == 0u {
        var known = vec2<f32>();
        for (var vector = 0u; vector < step; vector++) {
            known = fma(vec2(overlap[vector].x), overlap[vector], known);
        }
        let left = overlap[step] - known;
        let squares = max(left.x, 0.0);
        coefficients = Coefficients(sqrt(squares), left.y / squares, overlap[step - 1u].x);
    }
    return workgroupUniformLoad(&coefficients);
}

struct Made {
    finished: vec4<f32>,
    next: vec4<f32>,
}

// Finishes an entry of the newest basis vector, and makes that of the step's y.
fn make_entry(step: u32, entry: u32, found: Coefficients) -> Made {
    let before = pending_vector(step + 1u) + entry;
    var vector = pending[before];
    var product = pending[before + quads()];
    let unrolled = step - step % 4u;
    for (var known = 0u; known < unrolled; known += 4u) {
        let place = known * quads() + entry;
        let a = basis[place];
        let b = basis[place + quads()];
        let c = basis[place + 2u * quads()];
        let d = basis[place + 3u * quads()];
        vector = fma(vec4(-overlap[known].x), a, vector);
        product = fma(vec4(-overlap[known].y), a, product);
        vector = fma(vec4(-overlap[known + 1u].x), b, vector);
        product = fma(vec4(-overlap[known + 1u].y), b, product);
        vector = fma(vec4(-overlap[known + 2u].x), c, vector);
        product = fma(vec4(-overlap[known + 2u].y), c, product);
        vector = fma(vec4(-overlap[known + 3u].x), d, vector);
        product = fma(vec4(-overlap[known + 3u].y), d, product);
    }
    for (var known = unrolled; known < step; known++) {
        let one = basis[known * quads() + entry];
        vector = fma(vec4(-overlap[known].x), one, vector);
        product = fma(vec4(-overlap[known].y), one, product);
    }
    let finished = vector / found.beta;
    return Made(finished, fma(vec4(-found.along), finished, product / found.beta));
}

// An entry of the vector to multiply, of which the workgroup keeps its own. Before the first step
// the start vector is the newest of the basis.
fn next_entry(step: u32, entry: u32, own: u32, found: Coefficients) -> vec4<f32> {
    // Entries before the workgroup's wrap to large numbers.
    let is_own = entry - own < teams;
    var next = vec4<f32>();
    if step == 0u {
        next = basis[quads() + entry];
    } else {
        let made = make_entry(step, entry, found);
        next = made.next;
        if is_own {
            basis[step * quads() + entry] = made.finished;
        }
    }
    if is_own {
        own_vector[entry - own] = next;
        pending[pending_vector(step) + entry] = next;
    }
    return next;
}

// Multiplies the workgroup's rows, and leaves their entries in `own_product`.
fn multiply(lane: u32, step: u32, own: u32, found: Coefficients) {
    let team_lanes = THREADS / teams;
    let team = lane / team_lanes;
    let member = lane % team_lanes;
    let shift = state.shift;
    let scale = state.scale;
    let lowest = state.floor;
    let start = 4u * (own + team) * quads();
    let all = entries_of_call();
    var sum = vec4<f32>();
    for (var first = 0u; first < all; first += THREADS) {
        if first + lane < all {
            exchanged[lane] = next_entry(step, first + lane, own, found) * root[first + lane];
        }
        workgroupBarrier();
        let count = min(THREADS, all - first);
        for (var at = member; at < count; at += team_lanes) {
            sum += parts(start + first + at, quads(), shift, scale, lowest, exchanged[at]);
        }
        workgroupBarrier();
    }
    sum = team_sum(lane, sum);
    if member < 4u {
        let row = 4u * (own + team) + member;
        own_product[4u * team + member] = operator_entry(row, sum[member], own_vector[team][member]);
    }
}

fn own_quad(entry: u32) -> vec4<f32> {
    let row = 4u * entry;
    return vec4(
        own_product[row], own_product[row + 1u], own_product[row + 2u], own_product[row + 3u],
    );
}

// Leaves p and the parts of the sums that the workgroup's rows make.
fn leave(lane: u32, step: u32, group: u32, groups: u32, own: u32) {
    let count = min(teams, entries_of_call() - own);
    if lane < count {
        pending[pending_vector(step) + quads() + own + lane] = own_quad(lane);
    }
    for (var vector = lane; vector < step + 2u; vector += THREADS) {
        var sum = vec2<f32>();
        for (var entry = 0u; entry < count; entry++) {
            let next = own_vector[entry];
            var other = next;
            if vector <= step {
                other = basis[vector * quads() + own + entry];
            }
            sum += vec2(dot(other, next), dot(other, own_quad(entry)));
        }
        sums_after.pairs[vector * groups + group] = sum;
    }
}

fn take_step(lane: u32, step: u32, group: u32, groups: u32) {
    var found = Coefficients();
    if step > 0u {
        found = find_coefficients(lane, groups, step);
    }
    let own = group * teams;
    multiply(lane, step, own, found);
    // The workgroup's own entries of the basis are read by other lanes than wrote them.
    storageBarrier();
    workgroupBarrier();
    leave(lane, step, group, groups, own);
}

// Takes what the step before found of T into the state. Its diagonal entry is complete once the
// next y has shown what it still had of the newest basis vector.
fn judge(lane: u32, step: u32, groups: u32) {
    var finished = false;
    if step > 0u {
        let found = find_coefficients(lane, groups, step);
        var still = 0.0;
        if step > 1u {
            still = found.last;
            if lane == 0u {
                alpha_before = state.alpha[step - 2u] + still;
            }
            let alpha = workgroupUniformLoad(&alpha_before);
            finished = end_step(lane, begin_step(lane), alpha, found.beta);
        }
        if lane == 0u && !finished {
            state.alpha[step - 1u] = found.along - still;
        }
    }
    if lane == 0u {
        sums_after.step = step + 1u;
        sums_after.finished = u32(finished);
    }
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    if lane == 0u {
        let idle = state.mode != MODE_SOLVE || sums_before.finished != 0u;
        turn = Turn(sums_before.step, min(state.valid - 1u, steps), u32(idle));
    }
    if lane < MAX_TEAMS {
        own_vector[lane] = vec4<f32>();
    }
    let now = workgroupUniformLoad(&turn);
    let groups = grid.x - 1u;
    if now.idle != 0u {
        if id.x == groups && lane == 0u {
            sums_after.finished = 1u;
        }
        return;
    }
    if id.x == groups {
        judge(lane, now.step, groups);
    } else if now.step <= now.limit {
        take_step(lane, now.step, id.x, groups);
    }
}
