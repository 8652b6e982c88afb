// The status block from the state. Needs `state.wgsl`, `params.wgsl`, `status.wgsl` and variables
// `state` and `status`.
fn write_status() {
    status.lambda2 = state.lambda2;
    status.residual = state.residual;
    status.steps = state.step;
    status.rows = params.rows;
    status.valid = state.valid;
    status.kept = params.kept;
    status.flags = state.flags;
    status.min_similarity = state.min_similarity;
    status.degree_min = state.degree_min;
    status.degree_max = state.degree_max;
    status.shift = state.shift;
    status.scale = state.scale;
    for (var i = 0u; i < 4u; i++) {
        status.reserved[i] = 0u;
    }
}
