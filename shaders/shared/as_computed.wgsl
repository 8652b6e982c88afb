// Values that compilers must take as they were computed. Under fast math (Metal, DirectX) a compiler
// may reassociate sums, even into the cancellation that their order avoids, and differently in two
// copies of one expression; and Mesa 25 takes unpacking what was just packed for the identity. Bits
// that go through integers are left alone, as long as the compiler does not know the operation to
// change nothing: no call has 2^31 rows. Needs `params.wgsl`.
fn unknown_zero() -> u32 {
    return params.rows >> 31u;
}

fn as_computed(value: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(value) ^ unknown_zero());
}
