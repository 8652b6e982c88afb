// What one row's entry of the Fiedler vector becomes, or with $ENTRY vec4<f32> those of four rows.
// Needs `state.wgsl` and the override `symmetric`.
const SKEWED = 1e-3;
const NEARLY_LARGEST = 1.0 - 1.0 / 4096.0;
const POLISHABLE = 1e-3;
const UNCONVERGED = 1e-6;
const CONNECTED = 1e-5;

// degree - lambda of a row (un), without the cancellation: the Ritz value holds degree_min -
// lambda. `excess` is degree - degree_min, as computed.
fn gap(excess: $ENTRY, ritz: f32) -> $ENTRY {
    return excess + ritz;
}

fn residual_entry(
    root: $ENTRY, product: $ENTRY, fiedler: $ENTRY, gap: $ENTRY, ritz: f32,
) -> $ENTRY {
    return select(gap * fiedler - product, root * product - ritz * fiedler, symmetric);
}

fn is_polishable(ritz: f32, degree_min: f32) -> bool {
    return symmetric || ritz >= POLISHABLE * degree_min;
}

// By the sum of cubes, or else by the first of the nearly largest entries.
fn is_turned(cubes: f32, first: f32) -> bool {
    let skewed = abs(cubes) >= SKEWED;
    return select(first, cubes, skewed) < 0.0;
}

// The row that `workgroup_min` found: row numbers are exact in f32, and none may be found.
fn found_row(first: f32, rows: u32) -> u32 {
    return min(u32(min(first, 16777216.0)), rows - 1u);
}

fn lambda2_of(ritz: f32, degree_min: f32) -> f32 {
    return select(degree_min, 1.0, symmetric) - ritz;
}

// Both relative to `scale`, the operator's norm; the residual already is. A clearly negative lambda2,
// which un has where similarities are negative, says nothing of components.
fn solved_flags(lambda2: f32, residual: f32, scale: f32) -> u32 {
    var flags = select(0u, FLAG_DISCONNECTED, abs(lambda2) <= CONNECTED * scale);
    // By bits, which order as magnitudes do and put NaN on top.
    if bitcast<u32>(residual) > bitcast<u32>(UNCONVERGED) {
        flags |= FLAG_UNCONVERGED;
    }
    return flags;
}
