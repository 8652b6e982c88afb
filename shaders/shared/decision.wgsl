// What a call does with its graph. Needs `state.wgsl` and the override `symmetric`.

// 0 raw, 1 shift, 2 auto, 3 clamp, 4 exp, 5 nearest neighbours, 6 weights of the caller's.
override affinity_kind: u32 = 2u;
// What rounding takes off a similarity of 0 or 1, at most.
override rounding: f32 = 4e-6;

const RAW = 0u;
const SHIFT = 1u;
const AUTO = 2u;
const EXP = 4u;
const NEIGHBOURS = 5u;
const GIVEN = 6u;
const EDGELESS = 1e-6;

struct Decision {
    mode: u32,
    flags: u32,
}

fn shifts(minimum: f32) -> bool {
    return affinity_kind == SHIFT || (affinity_kind == AUTO && minimum < -rounding);
}

// Weights below it count as it in products.
fn lowest_weight() -> f32 {
    return select(-1e30, 0.0, affinity_kind > AUTO && affinity_kind != GIVEN);
}

// What other rows add to a degree.
fn off_diagonal(total: f32, shift: f32, scale: f32) -> f32 {
    switch affinity_kind {
        case NEIGHBOURS: { return total; }
        // Nothing is known of the own weight.
        case GIVEN: { return abs(total); }
        // The own weight is a little below 1, and no weight is negative.
        case EXP: { return total - 1.0; }
        default: { return abs(total - shift - scale); }
    }
}

// By the number of valid rows alone.
fn decide_by_count(valid_rows: u32, rows: u32, kept_rows: u32) -> Decision {
    var flags = 0u;
    if valid_rows < rows { flags |= FLAG_INVALID_ROWS; }
    if kept_rows >= rows { flags |= FLAG_KEPT_ALL; }
    if valid_rows >= 3u && valid_rows > kept_rows {
        return Decision(MODE_SOLVE, flags);
    }
    if kept_rows < rows { flags |= FLAG_FEW_VALID; }
    return Decision(MODE_INDEX_ORDER, flags);
}

// By the smallest similarity and the degrees: the smallest, the largest, and the largest without
// the diagonal.
fn decide_by_graph(valid_rows: u32, minimum: f32, extremes: vec3<f32>, so_far: u32) -> Decision {
    let flags = so_far | select(0u, FLAG_SHIFTED, shifts(minimum));
    if minimum >= 1.0 - rounding {
        return Decision(MODE_EVEN_STRIDE, flags | FLAG_ALL_ALIKE);
    }
    if extremes.z <= EDGELESS * f32(valid_rows) {
        return Decision(MODE_EVEN_STRIDE, flags | FLAG_NO_EDGES);
    }
    if symmetric && extremes.x <= 0.0 {
        return Decision(MODE_EVEN_STRIDE, flags | FLAG_NON_POSITIVE_DEGREE);
    }
    return Decision(MODE_SOLVE, flags);
}
