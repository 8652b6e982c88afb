// The largest eigenpair of the Lanczos matrix T, by one workgroup: the eigenvalue by multisection
// with Sturm counts (every thread tries one point a round), the vector by inverse iteration.
#import "shared/state.wgsl"

@group(0) @binding(0) var<storage, read_write> state: State;

const THREADS = 256u;
const ROUNDS = 5u;
const INVERSE_ITERATIONS = 3u;
const EPSILON = 1.2e-7;

var<workgroup> alpha: array<f32, MAX_STEPS>;
var<workgroup> beta: array<f32, MAX_STEPS>;
var<workgroup> above: array<u32, THREADS>;
var<workgroup> width: u32;
var<workgroup> low: f32;
var<workgroup> high: f32;

// Whether T has an eigenvalue above `point`: one pivot of T - point I is positive.
fn exceeds(point: f32, size: u32, tiny: f32) -> u32 {
    var pivot = alpha[0] - point;
    for (var i = 1u; i < size; i++) {
        if pivot > 0.0 {
            return 1u;
        }
        let safe = min(pivot, -tiny);
        pivot = alpha[i] - point - beta[i - 1u] * beta[i - 1u] / safe;
    }
    return u32(pivot > 0.0);
}

// Gershgorin's discs bound the eigenvalue that bisection looks for.
fn bracket(size: u32) {
    var bottom = 3e38;
    var top = -3e38;
    for (var i = 0u; i < size; i++) {
        var radius = 0.0;
        if i > 0u { radius += abs(beta[i - 1u]); }
        if i + 1u < size { radius += abs(beta[i]); }
        bottom = min(bottom, alpha[i] - radius);
        top = max(top, alpha[i] + radius);
    }
    let margin = EPSILON * max(abs(bottom), abs(top));
    low = bottom - margin;
    high = top + margin;
}

// Only the first thread solves; workgroup memory because indexed private arrays spill.
var<workgroup> diagonal: array<f32, MAX_STEPS>;
var<workgroup> upper: array<f32, MAX_STEPS>;
var<workgroup> second: array<f32, MAX_STEPS>;
var<workgroup> vector: array<f32, MAX_STEPS>;

// One solve of (T - ritz I) y = vector by elimination with row exchanges, in place.
fn solve(size: u32, ritz: f32, tiny: f32) {
    for (var i = 0u; i < size; i++) {
        diagonal[i] = alpha[i] - ritz;
        upper[i] = select(0.0, beta[i], i + 1u < size);
        second[i] = 0.0;
    }
    for (var i = 0u; i + 1u < size; i++) {
        let below = beta[i];
        let next = diagonal[i + 1u];
        let next_upper = upper[i + 1u];
        if abs(diagonal[i]) >= abs(below) {
            let pivot = select(diagonal[i], tiny, abs(diagonal[i]) < tiny);
            diagonal[i] = pivot;
            let factor = below / pivot;
            diagonal[i + 1u] = next - factor * upper[i];
            vector[i + 1u] -= factor * vector[i];
        } else {
            let factor = diagonal[i] / below;
            diagonal[i] = below;
            diagonal[i + 1u] = upper[i] - factor * next;
            upper[i] = next;
            second[i] = next_upper;
            upper[i + 1u] = -factor * next_upper;
            let swapped = vector[i];
            vector[i] = vector[i + 1u];
            vector[i + 1u] = swapped - factor * vector[i];
        }
    }
    for (var down = size; down > 0u; down--) {
        let i = down - 1u;
        var value = vector[i];
        if i + 1u < size { value -= upper[i] * vector[i + 1u]; }
        if i + 2u < size { value -= second[i] * vector[i + 2u]; }
        vector[i] = value / select(diagonal[i], tiny, abs(diagonal[i]) < tiny);
    }
}

fn normalize_vector(size: u32) {
    var largest = 0.0;
    for (var i = 0u; i < size; i++) {
        largest = max(largest, abs(vector[i]));
    }
    var squares = 0.0;
    for (var i = 0u; i < size; i++) {
        vector[i] /= largest;
        squares = fma(vector[i], vector[i], squares);
    }
    for (var i = 0u; i < size; i++) {
        vector[i] /= sqrt(squares);
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        width = select(state.width, 0u, state.mode != MODE_SOLVE);
    }
    let size = workgroupUniformLoad(&width);
    if size == 0u {
        return;
    }
    if lane < size {
        alpha[lane] = state.alpha[lane];
        beta[lane] = state.beta[lane];
    }
    workgroupBarrier();
    if lane == 0u {
        bracket(size);
    }
    workgroupBarrier();
    let tiny = EPSILON * max(max(abs(low), abs(high)), 1e-20);
    for (var round = 0u; round < ROUNDS; round++) {
        let gap = (high - low) / f32(THREADS + 1u);
        let point = fma(f32(lane + 1u), gap, low);
        above[lane] = exceeds(point, size, tiny * EPSILON);
        workgroupBarrier();
        if lane == 0u {
            var reached = 0u;
            for (var i = 0u; i < THREADS; i++) {
                reached += above[i];
            }
            let bottom = low;
            low = fma(f32(reached), gap, bottom);
            high = fma(f32(reached + 1u), gap, bottom);
        }
        workgroupBarrier();
    }
    if lane == 0u {
        let ritz = 0.5 * (low + high);
        for (var i = 0u; i < size; i++) {
            vector[i] = 1.0;
        }
        for (var pass_number = 0u; pass_number < INVERSE_ITERATIONS; pass_number++) {
            solve(size, ritz, tiny);
            normalize_vector(size);
        }
        state.ritz = ritz;
        for (var i = 0u; i < size; i++) {
            state.coefficient[i] = vector[i];
        }
    }
}
