// The largest of candidates: low word, high word and row number; of equal ones the lower row. Needs
// the constant `THREADS`.
const NO_CANDIDATE = vec4<u32>(0u, 0u, 0xffffffffu, 0u);

fn better(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
    let ahead = (b.y > a.y) || ((b.y == a.y) && ((b.x > a.x) || ((b.x == a.x) && (b.z < a.z))));
    return select(a, b, ahead);
}

var<workgroup> proposed: array<vec4<u32>, THREADS>;
#import "shared/reduction.wgsl" NAME=best_candidate TYPE=vec4<u32> SCRATCH=proposed LANES=THREADS COMBINE=better(a,b)
