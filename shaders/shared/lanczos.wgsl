// What every Lanczos step does, by one workgroup. Needs `state.wgsl`, `reduce.wgsl`,
// `tridiagonal.wgsl`, and of the importing file: the arrays `product` and `basis` of `Entry`
// (f32 or vec4<f32>), `inner` of two entries, `entries`, the number of a vector's entries, and
// `place` of an entry of a basis vector. $BARRIER orders accesses to `product`: `storageBarrier` or
// `workgroupBarrier`, by where it lies.
const BREAKDOWN = 1e-5;
// What rounding leaves of a product that should be zero, relative to the operator's norm.
const NOISE = 5e-7;
// A residual this small, relative to the operator's norm, is as good as f32 has use for.
const ENOUGH = 2e-7;
// The residual is estimated from this step on, after every second one while dense graphs under sym
// are about to converge, then after every fourth.
const FIRST_ESTIMATE = 8u;
const OFTEN_UNTIL = 16u;

var<workgroup> overlap: array<f32, MAX_STEPS + 2u>;
var<workgroup> alpha_found: f32;

// What entries first, first + step, ... of a basis vector add to its product with `product`. Four
// pairs of loads are under way at once, and the sum is taken in the entries' order.
fn partial_overlap(vector: u32, first: u32, step: u32) -> f32 {
    var sum = 0.0;
    let unrolled = entries() - entries() % (4u * step);
    for (var entry = first; entry < unrolled; entry += 4u * step) {
        let start = place(vector, entry);
        let a = inner(basis[start], product[entry]);
        let b = inner(basis[start + step], product[entry + step]);
        let c = inner(basis[start + 2u * step], product[entry + 2u * step]);
        let d = inner(basis[start + 3u * step], product[entry + 3u * step]);
        sum = sum + a + b + c + d;
    }
    for (var entry = unrolled + first; entry < entries(); entry += step) {
        sum += inner(basis[place(vector, entry)], product[entry]);
    }
    return sum;
}

// overlap[v] = basis vector v · product for every v < count. Each vector gets as many lanes as the
// count allows, so that few barriers serve all of them.
fn project(lane: u32, count: u32) {
    var lanes = 32u;
    while lanes > 8u && THREADS / lanes < count {
        lanes /= 2u;
    }
    let at_once = THREADS / lanes;
    for (var first = 0u; first < count; first += at_once) {
        let vector = first + lane / lanes;
        var sum = 0.0;
        if vector < count {
            sum = partial_overlap(vector, lane % lanes, lanes);
        }
        scratch[lane] = sum;
        workgroupBarrier();
        if lane < at_once && first + lane < count {
            var total = 0.0;
            for (var part = 0u; part < lanes; part++) {
                total += scratch[lane * lanes + part];
            }
            overlap[first + lane] = total;
        }
        workgroupBarrier();
    }
}

// The entry without its parts along `count` basis vectors, four of which are loaded at once.
fn without_projection(entry: u32, count: u32) -> Entry {
    var value = product[entry];
    let unrolled = count - count % 4u;
    for (var vector = 0u; vector < unrolled; vector += 4u) {
        let a = basis[place(vector, entry)];
        let b = basis[place(vector + 1u, entry)];
        let c = basis[place(vector + 2u, entry)];
        let d = basis[place(vector + 3u, entry)];
        value = fma(Entry(-overlap[vector]), a, value);
        value = fma(Entry(-overlap[vector + 1u]), b, value);
        value = fma(Entry(-overlap[vector + 2u]), c, value);
        value = fma(Entry(-overlap[vector + 3u]), d, value);
    }
    for (var vector = unrolled; vector < count; vector++) {
        value = fma(Entry(-overlap[vector]), basis[place(vector, entry)], value);
    }
    return value;
}

fn subtract_projection(lane: u32, count: u32) {
    // Lanes have read entries of the product that others overwrite.
    $BARRIER();
    for (var entry = lane; entry < entries(); entry += THREADS) {
        product[entry] = without_projection(entry, count);
    }
    $BARRIER();
}

// Classical Gram-Schmidt, twice, against the first `count` basis vectors. Returns the norm of what
// is left, which is uniform, and leaves in `alpha_found` what the product had of the last of them.
fn orthogonalize(lane: u32, count: u32) -> f32 {
    project(lane, count);
    let along = overlap[count - 1u];
    subtract_projection(lane, count);
    project(lane, count);
    if lane == 0u {
        alpha_found = along + overlap[count - 1u];
    }
    subtract_projection(lane, count);
    var squares = 0.0;
    for (var entry = lane; entry < entries(); entry += THREADS) {
        squares += inner(product[entry], product[entry]);
    }
    return sqrt(workgroup_sum(lane, squares));
}

// Negated, so that no comparison with NaN lets the basis grow.
fn is_exhausted(beta: f32, magnitude: f32, norm: f32) -> bool {
    return !(beta > max(BREAKDOWN * magnitude, NOISE * norm));
}

fn is_estimated(steps_done: u32) -> bool {
    let every = select(4u, 2u, steps_done < OFTEN_UNTIL);
    return steps_done >= FIRST_ESTIMATE && steps_done % every == 0u;
}

// Whether beta times the last entry of T's eigenvector, which is the Ritz vector's residual, is
// small. After its eigenpair.
fn is_converged(size: u32, beta: f32, norm: f32) -> bool {
    return beta * abs(workgroupUniformLoad(&t_vector[size - 1u])) <= ENOUGH * norm;
}
