// How fast f32 arithmetic is: twelve independent chains a lane of x = a x + b, from registers
// alone. a lies just above -1, so that the chains change sign at every iteration and never settle.
@group(0) @binding(0) var<storage, read> start: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> outcome: array<vec4<f32>>;

// Iterations of each chain, in sixteens.
override sixteens: u32 = 256u;

const THREADS = 256u;

struct Chains {
    x: vec4<f32>,
    y: vec4<f32>,
    z: vec4<f32>,
}

fn one(chains: Chains, a: f32, b: f32) -> Chains {
    return Chains(
        fma(chains.x, vec4(a), vec4(b)),
        fma(chains.y, vec4(a), vec4(b)),
        fma(chains.z, vec4(a), vec4(b)),
    );
}

fn four(chains: Chains, a: f32, b: f32) -> Chains {
    return one(one(one(one(chains, a, b), a, b), a, b), a, b);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let given = start[id.x];
    let a = given.x * 0.000244140625 - 1.0;
    let b = given.y;
    var chains = Chains(given, given.yzwx, given.zwxy);
    for (var turn = 0u; turn < sixteens; turn++) {
        chains = four(four(four(four(chains, a, b), a, b), a, b), a, b);
    }
    outcome[id.x] = chains.x + chains.y + chains.z;
}
