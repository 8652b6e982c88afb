// The rest of a Lanczos step, by one workgroup: orthogonalises the product against the trivial
// vector and the whole basis (classical Gram-Schmidt, twice), and appends it as the next vector.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read_write> state: State;
// Both are zero between the last row and the end of its quad.
@group(0) @binding(2) var<storage, read_write> product: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> basis: array<vec4<f32>>;

override symmetric: bool = true;
// Steps the host recorded.
override steps: u32 = 32u;

#import "shared/reduce.wgsl"

const BREAKDOWN = 1e-5;
// What rounding leaves of a product that should be zero, relative to the operator's norm.
const NOISE = 5e-7;
var<workgroup> overlap: array<f32, MAX_STEPS + 2u>;
var<workgroup> current: u32;

fn quads() -> u32 {
    return (params.rows + 3u) / 4u;
}

// overlap[v] = basis row v · product for every v < count. Each vector gets as many lanes as the
// count allows, so that few barriers serve all of them.
fn project(lane: u32, count: u32) {
    var lanes = THREADS;
    while lanes > 8u && (THREADS / lanes) < count {
        lanes /= 2u;
    }
    let at_once = THREADS / lanes;
    for (var first = 0u; first < count; first += at_once) {
        let vector = first + lane / lanes;
        var sum = 0.0;
        if vector < count {
            let start = vector * params.leading / 4u;
            for (var quad = lane % lanes; quad < quads(); quad += lanes) {
                sum += dot(basis[start + quad], product[quad]);
            }
        }
        scratch[lane] = sum;
        workgroupBarrier();
        for (var half = lanes / 2u; half > 0u; half /= 2u) {
            if lane % lanes < half {
                scratch[lane] += scratch[lane + half];
            }
            workgroupBarrier();
        }
        if lane % lanes == 0u && vector < count {
            overlap[vector] = scratch[lane];
        }
        workgroupBarrier();
    }
}

fn subtract_projection(lane: u32, count: u32) {
    let stride = params.leading / 4u;
    for (var quad = lane; quad < quads(); quad += THREADS) {
        var value = product[quad];
        for (var vector = 0u; vector < count; vector++) {
            value = fma(vec4(-overlap[vector]), basis[vector * stride + quad], value);
        }
        product[quad] = value;
    }
    storageBarrier();
    workgroupBarrier();
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        current = select(state.step, MAX_STEPS, state.finished != 0u);
    }
    let step = workgroupUniformLoad(&current);
    if step >= MAX_STEPS {
        return;
    }
    let count = step + 2u;
    project(lane, count);
    var alpha = overlap[count - 1u];
    subtract_projection(lane, count);
    project(lane, count);
    alpha += overlap[count - 1u];
    subtract_projection(lane, count);

    var squares = 0.0;
    for (var quad = lane; quad < quads(); quad += THREADS) {
        squares += dot(product[quad], product[quad]);
    }
    let beta = sqrt(workgroup_sum(lane, squares));
    let magnitude = max(state.magnitude, max(abs(alpha), beta));
    let norm = select(state.degree_max, 1.0, symmetric);
    // Negated, so that no comparison with NaN lets the basis grow.
    let exhausted = !(beta > max(BREAKDOWN * magnitude, NOISE * norm));
    let complete = step + 1u >= min(state.valid - 1u, steps);
    if !exhausted && !complete {
        let stride = params.leading / 4u;
        for (var quad = lane; quad < stride; quad += THREADS) {
            let value = product[min(quad, quads() - 1u)] / beta;
            basis[count * stride + quad] = select(vec4(0.0), value, quad < quads());
        }
    }
    workgroupBarrier();
    if lane == 0u {
        state.alpha[step] = alpha;
        state.beta[step] = beta;
        state.magnitude = magnitude;
        state.step = step + 1u;
        state.width = step + 1u;
        state.finished = u32(exhausted || complete);
        if exhausted {
            state.flags |= FLAG_BREAKDOWN;
        }
    }
}
