// The key by which a rule orders rows: larger first, ties by row number. Needs `state.wgsl`,
// `params.wgsl` and `hash.wgsl`.

// 0 the score, 1 its magnitude, 2 its magnitude with the smallest first, 3 a seeded random number.
override key_kind: u32 = 0u;

const MAGNITUDE = 1u;
const SMALLEST = 2u;
const RANDOM = 3u;

// Order-preserving bits of a score; -0 counts as +0.
fn sortable(value: f32) -> u32 {
    let given = bitcast<u32>(value);
    let bits = select(given, 0u, given << 1u == 0u);
    return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

// Keys of valid rows are at least 1; invalid rows have 0 and so come last.
fn row_key(row: u32, score: f32, is_valid: bool, mode: u32, flags: u32) -> u32 {
    if (flags & FLAG_KEPT_ALL) != 0u {
        return 1u;
    }
    if !is_valid {
        return 0u;
    }
    if mode != MODE_SOLVE {
        return 1u;
    }
    switch key_kind {
        case MAGNITUDE: { return sortable(abs(score)); }
        case SMALLEST: { return ~sortable(abs(score)); }
        case RANDOM: { return seeded_hash(row, params.seed); }
        default: { return sortable(score); }
    }
}
