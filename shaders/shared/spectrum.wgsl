// What the solve says beyond lambda2. Mirrors `Spectrum` in src/spectrum.rs, and `PAIRS_BYTES` in
// src/workspace.rs. Needs `state.wgsl`.
struct Spectrum {
    // Ritz values listed.
    found: u32,
    // Wanted vectors that the graph has.
    vectors: u32,
    reserved: array<u32, 2>,
    values: array<f32, MAX_VECTORS>,
    residuals: array<f32, MAX_VECTORS>,
}

// The Ritz pairs whose vectors are wanted: values of the operator, and eigenvectors of T.
struct Pairs {
    // The current one: counts down, from the number of pairs before the first.
    rank: u32,
    ritz: array<f32, MAX_VECTORS>,
    coefficient: array<array<f32, MAX_STEPS>, MAX_VECTORS>,
}
