// What a Lanczos step reads of the state, and what it leaves there, by one workgroup. Needs
// `lanczos.wgsl`, `eigenpairs.wgsl`, the variable `state` and the override `symmetric`.

// Steps the host recorded.
override steps: u32 = 32u;
// Ritz vectors wanted.
override vectors: u32 = 1u;

// What a step needs of the state. Lane 0 alone reads it there, where it writes at the end; what the
// lanes load of this is uniform, as branches around barriers must be.
struct Step {
    // MAX_STEPS where there is nothing to do.
    number: u32,
    // Steps there can be.
    limit: u32,
    // The operator's.
    norm: f32,
    magnitude: f32,
}
var<workgroup> current: Step;

fn begin_step(lane: u32) -> Step {
    if lane == 0u {
        current = Step(
            select(state.step, MAX_STEPS, state.finished != 0u),
            min(state.valid - 1u, steps),
            select(state.degree_max, 1.0, symmetric),
            state.magnitude,
        );
    }
    return workgroupUniformLoad(&current);
}

// Whether the Ritz vectors of all steps, this one included, are good enough.
fn is_enough(lane: u32, step: u32, alpha: f32, beta: f32, norm: f32) -> bool {
    if lane < step {
        t_alpha[lane] = state.alpha[lane];
        t_beta[lane] = state.beta[lane];
    }
    if lane == step {
        t_alpha[step] = alpha;
        t_beta[step] = beta;
    }
    workgroupBarrier();
    for (var rank = 0u; rank < vectors; rank++) {
        _ = next_eigenpair(lane, step + 1u, rank);
        if !is_converged(step + 1u, beta, norm) {
            return false;
        }
    }
    return true;
}

// Takes the step's entries of T, which are uniform, into the state. Returns whether it was the last.
fn end_step(lane: u32, before: Step, alpha: f32, beta: f32) -> bool {
    let step = before.number;
    let magnitude = max(before.magnitude, max(abs(alpha), beta));
    let exhausted = is_exhausted(beta, magnitude, before.norm);
    var finished = exhausted || step + 1u >= before.limit;
    // T has a pair for each vector from then on.
    if is_estimated(step + 1u) && step + 1u >= vectors {
        finished = is_enough(lane, step, alpha, beta, before.norm) || finished;
    }
    if lane == 0u {
        state.alpha[step] = alpha;
        state.beta[step] = beta;
        state.magnitude = magnitude;
        state.step = step + 1u;
        state.width = step + 1u;
        state.finished = u32(finished);
        if exhausted {
            state.flags |= FLAG_BREAKDOWN;
        }
    }
    return finished;
}
