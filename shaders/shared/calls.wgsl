// What one graph of many is called with. Mirrors `Call` in src/many.rs.
struct Call {
    // Where its rows begin among those of all graphs.
    first: u32,
    rows: u32,
    kept: u32,
    reserved: u32,
}
