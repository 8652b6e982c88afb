// A bit for each pair of rows: 32 columns a word. Needs `params.wgsl`.

// Words between rows of bits.
fn bit_stride() -> u32 {
    return params.leading / 32u;
}

// Words of a row that a call uses: its rows rounded up to a tile.
fn bit_words() -> u32 {
    return (params.rows + 63u) / 64u * 2u;
}
