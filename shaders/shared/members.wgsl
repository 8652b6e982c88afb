// The rows of a cluster, among rows that are ordered by falling cluster. Needs the array
// `cluster_of`, which holds the clusters in this order, and `params.wgsl`.

// Rows of clusters above this one.
fn rows_above(cluster: u32) -> u32 {
    var count = 0u;
    for (var step = 1048576u; step > 0u; step /= 2u) {
        if count + step <= params.rows && cluster_of[count + step - 1u] > cluster {
            count += step;
        }
    }
    return count;
}

// Rows of clusters from this one on.
fn rows_from(cluster: u32) -> u32 {
    var count = 0u;
    for (var step = 1048576u; step > 0u; step /= 2u) {
        if count + step <= params.rows && cluster_of[count + step - 1u] >= cluster {
            count += step;
        }
    }
    return count;
}
