// What the kernels of k-means tell each other. Mirrors `STATE_BYTES` in src/coverage/k_means.rs; where
// it is used, `params.kept` is the number of clusters.
struct Clusters {
    // Centres drawn so far.
    drawn: u32,
    // Rows that went to another cluster in this iteration.
    moved: atomic<u32>,
    // Nonzero once none did.
    settled: u32,
    // Iterations that moved a row.
    iterations: u32,
}

// Vectors of the embedding.
override vectors: u32 = 1u;

// Quads of a row of the embedding.
fn quads() -> u32 {
    return (vectors + 3u) / 4u;
}
