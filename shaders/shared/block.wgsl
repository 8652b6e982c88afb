// One part of a search for neighbours: a block of rows, and a span of rows that are candidates.
// Mirrors `BlockParams` in src/neighbours/division.rs.
struct Block {
    // First row whose neighbours are looked for, and how many there are.
    first: u32,
    rows: u32,
    // First candidate, how many there are, and the same rounded up to a tile: the entries between
    // rows of similarities.
    span_first: u32,
    span_rows: u32,
    span_stride: u32,
    // Elements between unit rows.
    padded: u32,
}
