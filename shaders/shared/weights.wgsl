// Weights of edges from quads of S, and what they add to a product. Needs `quads.wgsl` where S is
// f16, and the binding `similarity`.
fn entries(at: u32) -> vec4<f32> {
#if half
    return unpack_quad(similarity[at]);
#else
    return similarity[at];
#endif
}

// What four columns of a row add to its product with a vector, from their place in S on.
fn part(at: u32, shift: f32, scale: f32, lowest: f32, x: vec4<f32>) -> f32 {
    return dot(max(fma(vec4(scale), entries(at), vec4(shift)), vec4(lowest)), x);
}

// The same of four rows with `stride` quads from one to the next.
fn parts(at: u32, stride: u32, shift: f32, scale: f32, lowest: f32, x: vec4<f32>) -> vec4<f32> {
    return vec4(
        part(at, shift, scale, lowest, x),
        part(at + stride, shift, scale, lowest, x),
        part(at + 2u * stride, shift, scale, lowest, x),
        part(at + 3u * stride, shift, scale, lowest, x),
    );
}
