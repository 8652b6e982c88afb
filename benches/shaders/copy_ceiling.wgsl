// How fast memory is: every quad of one buffer read once and written to another, neighbouring
// lanes at neighbouring quads.
@group(0) @binding(0) var<storage, read> original: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> duplicate: array<vec4<f32>>;

const THREADS = 256u;
const EACH = 4u;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * THREADS * EACH + lane;
    for (var turn = 0u; turn < EACH; turn++) {
        let at = first + turn * THREADS;
        if at < arrayLength(&original) {
            duplicate[at] = original[at];
        }
    }
}
