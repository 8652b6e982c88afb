// The status block of a call. Mirrors `Status` in src/status.rs. Needs `state.wgsl`, `params.wgsl` and
// variables `state` and `status`.
struct Status {
    lambda2: f32,
    residual: f32,
    steps: u32,
    rows: u32,
    valid: u32,
    kept: u32,
    flags: u32,
    min_similarity: f32,
    degree_min: f32,
    degree_max: f32,
    shift: f32,
    scale: f32,
    reserved: array<u32, 4>,
}

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
