// What one call fixes. Mirrors `CallParams` in src/params.rs.
struct Params {
    rows: u32,
    features: u32,
    // Elements between rows of the unit matrix: `features` rounded up to a slab of 16.
    padded: u32,
    // Elements between rows of the similarity matrix and between basis vectors: a multiple of 64.
    leading: u32,
    // Layout of the caller's features, in elements.
    stride: u32,
    offset: u32,
    half: u32,
    listed: u32,
    list_offset: u32,
    bank_rows: u32,
    kept: u32,
    seed: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
