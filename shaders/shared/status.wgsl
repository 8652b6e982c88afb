// The status block of a call. Mirrors `Status` in src/status.rs.
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
