// What the chosen row covers better than those before it, from a matrix of similarities. One thread
// a row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"

@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read> similarity: array<f32>;
@group(0) @binding(4) var<storage, read_write> covered: array<u32>;
@group(0) @binding(5) var<storage, read_write> changes: array<Change>;

#import "shared/cover.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    if row < params.rows && valid[row] == 1u && greedy.row != NO_ROW {
        cover(row, similarity_units(similarity[greedy.row * params.leading + row]));
    }
}
