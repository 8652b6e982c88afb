// What brings each eigenvector back to unit length, a vector a workgroup: scores are D^-1/2 u at a
// length of their own (sym), or u (un).
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> stored: array<f32>;
@group(0) @binding(2) var<storage, read> degree: array<f32>;
@group(0) @binding(3) var<storage, read_write> vector_scales: array<f32>;

override symmetric: bool = true;

#import "shared/reduce.wgsl"

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    var squares = 0.0;
    for (var row = lane; row < params.rows; row += THREADS) {
        let score = stored[group.x * params.leading + row];
        // Degrees of rows outside the graph are undefined, and their scores are 0.
        if score != 0.0 {
            squares += score * score * select(1.0, degree[row], symmetric);
        }
    }
    let sum = workgroup_sum(lane, squares);
    if lane == 0u {
        vector_scales[group.x] = select(0.0, 1.0 / sqrt(sum), sum > 0.0);
    }
}
