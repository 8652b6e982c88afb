// What the stages tell each other without the host. Mirrors `STATE_BYTES` in src/workspace.rs.
const MAX_STEPS = 256u;
// Mirrors `MAX_VECTORS` in src/options.rs.
const MAX_VECTORS = 32u;

const MODE_SOLVE = 0u;
const MODE_INDEX_ORDER = 1u;
const MODE_EVEN_STRIDE = 2u;

// Bits of `Flags` in src/status.rs.
const FLAG_KEPT_ALL = 1u;
const FLAG_FEW_VALID = 2u;
const FLAG_INVALID_ROWS = 4u;
const FLAG_ALL_ALIKE = 8u;
const FLAG_NO_EDGES = 16u;
const FLAG_NON_POSITIVE_DEGREE = 32u;
const FLAG_DISCONNECTED = 64u;
const FLAG_BREAKDOWN = 128u;
const FLAG_SHIFTED = 256u;
const FLAG_UNCONVERGED = 512u;
const FLAG_FURTHER_UNCONVERGED = 1024u;

struct State {
    mode: u32,
    flags: u32,
    valid: u32,
    // Solver steps done so far; also the number of the basis vector the next product reads.
    step: u32,
    // Basis vectors that the Ritz vector is a combination of.
    width: u32,
    // Nonzero once further solver steps have nothing to add.
    finished: u32,
    // Affinity of similarity s: max(shift + scale * s, floor).
    shift: f32,
    scale: f32,
    floor: f32,
    min_similarity: f32,
    degree_min: f32,
    degree_max: f32,
    // Largest Ritz value of the operator: 1 - lambda2 (sym), degree_min - lambda2 (un).
    ritz: f32,
    lambda2: f32,
    residual: f32,
    // Largest |alpha| or beta so far: the scale that the breakdown rule compares with.
    magnitude: f32,
    alpha: array<f32, MAX_STEPS>,
    beta: array<f32, MAX_STEPS>,
    coefficient: array<f32, MAX_STEPS>,
}
