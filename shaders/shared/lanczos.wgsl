// When the Lanczos basis stops growing. Needs `tridiagonal.wgsl`.
const BREAKDOWN = 1e-5;
// What rounding leaves of a product that should be zero, relative to the operator's norm.
const NOISE = 5e-7;
// A residual this small, relative to the operator's norm, is as good as f32 has use for.
const ENOUGH = 2e-7;
// The residual is estimated from this step on, after every second one while dense graphs under sym
// are about to converge, then after every fourth.
const FIRST_ESTIMATE = 8u;
const OFTEN_UNTIL = 16u;

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
