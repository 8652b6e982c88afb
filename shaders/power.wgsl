#variants subgroup
// The rest of a step of deflated, shifted power iteration, by one workgroup. The iterate lies in
// row 1 of the basis and replaces itself until its residual says that more steps add nothing.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read_write> state: State;
@group(0) @binding(2) var<storage, read_write> product: array<f32>;
@group(0) @binding(3) var<storage, read_write> basis: array<f32>;

override symmetric: bool = true;
// True where W may be indefinite, so that the spectrum needs a larger shift to be non-negative.
override indefinite: bool = false;

#import "shared/reduce.wgsl"

const CONVERGED = 3e-7;
var<workgroup> finished: u32;

// Moves the spectrum to where the wanted eigenvalue has the largest magnitude.
fn spectrum_shift() -> f32 {
    if symmetric {
        return select(0.0, 1.0, indefinite);
    }
    let bound = select(state.degree_max, 2.0 * state.degree_max, indefinite);
    return bound - state.degree_min;
}

fn deflate(lane: u32) {
    for (var pass_number = 0u; pass_number < 2u; pass_number++) {
        var along = 0.0;
        for (var row = lane; row < params.rows; row += THREADS) {
            along = fma(basis[row], product[row], along);
        }
        along = workgroup_sum(lane, along);
        for (var row = lane; row < params.rows; row += THREADS) {
            product[row] = fma(-along, basis[row], product[row]);
        }
    }
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(local_invocation_index) lane: u32,
#if subgroup
    @builtin(subgroup_invocation_id) invocation: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
#endif
) {
#if subgroup
    set_subgroup(invocation, subgroup, subgroups);
#endif
    if lane == 0u {
        finished = state.finished;
    }
    if workgroupUniformLoad(&finished) != 0u {
        return;
    }
    let start = params.leading;
    let moved = spectrum_shift();
    for (var row = lane; row < params.rows; row += THREADS) {
        product[row] = fma(moved, basis[start + row], product[row]);
    }
    deflate(lane);

    var rayleigh = 0.0;
    var squares = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        rayleigh = fma(basis[start + row], product[row], rayleigh);
        squares = fma(product[row], product[row], squares);
    }
    rayleigh = workgroup_sum(lane, rayleigh);
    let norm = sqrt(workgroup_sum(lane, squares));
    var error = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        let difference = fma(-rayleigh, basis[start + row], product[row]);
        error = fma(difference, difference, error);
    }
    error = sqrt(workgroup_sum(lane, error));
    let scale = select(state.degree_max, 1.0, symmetric);
    let exhausted = norm <= 1e-30;
    if !exhausted {
        for (var row = lane; row < params.rows; row += THREADS) {
            basis[start + row] = product[row] / norm;
        }
    }
    workgroupBarrier();
    if lane == 0u {
        state.ritz = rayleigh - moved;
        state.step += 1u;
        state.width = 1u;
        state.coefficient[0] = 1.0;
        state.finished = u32(exhausted || error <= CONVERGED * scale);
    }
}
