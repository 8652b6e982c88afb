// How work over one chunk of a call's rows is divided. Mirrors `ChunkParams` in
// src/paths/chunks.rs.
struct Chunk {
    // First row of the call in this chunk, and how many rows it has.
    first: u32,
    rows: u32,
    // Element of the binding at which the chunk's first row starts.
    offset: u32,
    // Rows that one workgroup sums up, and the number of the chunk's first workgroup.
    group_rows: u32,
    first_group: u32,
    // Lanes that share a row's pairs when columns are summed: a power of two up to 256.
    span: u32,
    // Partial sums of all chunks together.
    slots: u32,
    // Elements of a vector over columns: a multiple of 64 with room for the constant column.
    width: u32,
    // Rows from one sampled row to the next, and sampled rows with their padding to 64.
    sample_stride: u32,
    sample_rows: u32,
}
@group(1) @binding(2) var<uniform> chunk: Chunk;
