// An eigenpair of the Lanczos matrix T, by one workgroup: the eigenvalue by multisection with Sturm
// counts (every lane tries one point a round), the vector by a twisted factorisation. `rank` 0 is
// the largest.
// The caller fills `t_alpha` and `t_beta`. Needs `state.wgsl` and `reduce.wgsl`.
var<workgroup> t_alpha: array<f32, MAX_STEPS>;
var<workgroup> t_beta: array<f32, MAX_STEPS>;
// The unit eigenvector.
var<workgroup> t_vector: array<f32, MAX_STEPS>;
// Pivots of the eliminations from the top and, MAX_STEPS further on, from the bottom.
var<workgroup> t_pivots: array<f32, 2u * MAX_STEPS>;
// The last point of each round that the eigenvalue lies above, counted from 1.
var<workgroup> t_reached: array<atomic<u32>, ROUNDS>;
// Where the two eliminations meet, in the low byte.
var<workgroup> t_twist: atomic<u32>;

const ROUNDS = 4u;
const EPSILON = 1.2e-7;
// Takes the place of a pivot of zero, relative to T.
const ZERO_PIVOT = 1e-14;

// Whether T has more than `rank` eigenvalues above `point`: that many pivots of T - point I are
// positive.
fn exceeds(point: f32, size: u32, tiny: f32, rank: u32) -> bool {
    var above = 0u;
    var pivot = t_alpha[0] - point;
    for (var i = 1u; i < size; i++) {
        if pivot > 0.0 {
            above++;
            if above > rank {
                return true;
            }
        }
        let coupling = t_beta[i - 1u];
        let divisor = select(min(pivot, -tiny), max(pivot, tiny), pivot > 0.0);
        pivot = t_alpha[i] - point - coupling * coupling / divisor;
    }
    return above + select(0u, 1u, pivot > 0.0) > rank;
}

// The largest entry of the diagonal, and the largest and the smallest end of Gershgorin's discs.
fn bracket(size: u32) -> vec3<f32> {
    var bounds = vec3(-3e38, -3e38, 3e38);
    var before = 0.0;
    for (var i = 0u; i < size; i++) {
        let after = select(0.0, abs(t_beta[i]), i + 1u < size);
        bounds = vec3(
            max(bounds.xy, vec2(t_alpha[i], t_alpha[i] + before + after)),
            min(bounds.z, t_alpha[i] - before - after),
        );
        before = after;
    }
    return bounds;
}

// The diagonal's largest entry bounds the largest eigenvalue alone.
fn eigenvalue(lane: u32, size: u32, rank: u32, bounds: vec3<f32>, tiny: f32) -> f32 {
    let margin = EPSILON * max(abs(bounds.x), abs(bounds.y));
    var low = select(bounds.z, bounds.x, rank == 0u) - margin;
    var high = bounds.y + margin;
    for (var round = 0u; round < ROUNDS; round++) {
        let gap = (high - low) / f32(THREADS + 1u);
        if exceeds(fma(f32(lane + 1u), gap, low), size, tiny, rank) {
            atomicMax(&t_reached[round], lane + 1u);
        }
        workgroupBarrier();
        let reached = atomicLoad(&t_reached[round]);
        high = fma(f32(reached + 1u), gap, low);
        low = fma(f32(reached), gap, low);
    }
    return 0.5 * (low + high);
}

fn safe_pivot(pivot: f32, tiny: f32) -> f32 {
    return select(pivot, -tiny, abs(pivot) < tiny);
}

// Lane 0 eliminates from the top, lane 1 from the bottom.
fn eliminate(lane: u32, size: u32, ritz: f32, tiny: f32) {
    let first = lane * MAX_STEPS;
    var pivot = 1.0;
    var coupling = 0.0;
    for (var i = 0u; i < size; i++) {
        let at = select(i, size - 1u - i, lane == 1u);
        pivot = safe_pivot(t_alpha[at] - ritz - coupling * coupling / pivot, tiny);
        t_pivots[first + at] = pivot;
        coupling = t_beta[select(at, max(at, 1u) - 1u, lane == 1u)];
    }
}

// From the twist outwards: lane 0 upwards, lane 1 downwards.
fn substitute(lane: u32, size: u32, twist: u32) {
    var entry = 1.0;
    if lane == 0u {
        t_vector[twist] = entry;
        for (var i = twist; i > 0u; i--) {
            entry *= -t_beta[i - 1u] / t_pivots[i - 1u];
            t_vector[i - 1u] = entry;
        }
    } else {
        for (var i = twist + 1u; i < size; i++) {
            entry *= -t_beta[i - 1u] / t_pivots[MAX_STEPS + i];
            t_vector[i] = entry;
        }
    }
}

// T is singular at its eigenvalue, and what is left of it where the eliminations meet says how
// large the vector's entry there is: the least remainder marks the largest entry. `room` is what
// the vectors before leave of the lane's entry, 1 at most, so that one of a close pair of
// eigenvalues does not get the other's vector again.
fn eigenvector(lane: u32, size: u32, ritz: f32, room: f32, tiny: f32) {
    if lane < 2u {
        eliminate(lane, size, ritz, tiny);
    }
    workgroupBarrier();
    if lane < size {
        let remainder = t_pivots[lane] + t_pivots[MAX_STEPS + lane] - (t_alpha[lane] - ritz);
        atomicMin(&t_twist, (bitcast<u32>(abs(remainder) / room) & 0xffffff00u) | lane);
    }
    workgroupBarrier();
    if lane < 2u {
        substitute(lane, size, atomicLoad(&t_twist) & 0xffu);
    }
    workgroupBarrier();
    var largest = 0.0;
    for (var i = 0u; i < size; i++) {
        largest = max(largest, abs(t_vector[i]));
    }
    var squares = 0.0;
    for (var i = 0u; i < size; i++) {
        let entry = t_vector[i] / largest;
        squares = fma(entry, entry, squares);
    }
    workgroupBarrier();
    if lane < size {
        t_vector[lane] = t_vector[lane] / largest / sqrt(squares);
    }
    workgroupBarrier();
}

// An eigenvalue of the leading `size` rows of T; its unit vector lies in `t_vector` afterwards.
fn find_eigenpair(lane: u32, size: u32, rank: u32, room: f32) -> f32 {
    if lane < ROUNDS {
        atomicStore(&t_reached[lane], 0u);
    }
    if lane == 0u {
        atomicStore(&t_twist, 0xffffffffu);
    }
    workgroupBarrier();
    let bounds = bracket(size);
    let tiny = ZERO_PIVOT * max(max(abs(bounds.x), abs(bounds.y)), 1e-20);
    let ritz = eigenvalue(lane, size, rank, bounds, tiny);
    eigenvector(lane, size, ritz, room, tiny);
    return ritz;
}

fn top_eigenpair(lane: u32, size: u32) -> f32 {
    return find_eigenpair(lane, size, 0u, 1.0);
}
