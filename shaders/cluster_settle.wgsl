// Between two iterations of k-means, by one thread: whether rows still moved.
#import "shared/clusters.wgsl"

@group(0) @binding(0) var<storage, read_write> clusters: Clusters;

@compute @workgroup_size(1)
fn main() {
    if atomicExchange(&clusters.moved, 0u) == 0u {
        clusters.settled = 1u;
    } else {
        clusters.iterations += 1u;
    }
}
