// 32-bit mixing of NUMERICS: start vectors, random keys, picks within a stratum.
fn mix(number: u32) -> u32 {
    var z = number;
    z ^= z >> 16u;
    z *= 0x85ebca6bu;
    z ^= z >> 13u;
    z *= 0xc2b2ae35u;
    z ^= z >> 16u;
    return z;
}

fn row_hash(row: u32) -> u32 {
    return mix((row + 1u) * 2654435761u);
}

fn seeded_hash(row: u32, seed: u32) -> u32 {
    return max(mix(row_hash(row) + mix(seed + 0x9e3779b9u)), 1u);
}

// A row's entry of the start vector.
fn start_entry(row: u32) -> f32 {
    return f32(row_hash(row)) / 4294967296.0 - 0.5;
}
