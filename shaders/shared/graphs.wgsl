// The rows of one graph of many, and how many of them are kept. Mirrors `GraphRange` in
// src/params.rs.
struct GraphRange {
    // Where its rows begin among those of all graphs.
    first: u32,
    rows: u32,
    kept: u32,
    reserved: u32,
}
