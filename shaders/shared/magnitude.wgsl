// Magnitudes by their bits, which order as magnitudes do, with infinity and NaN on top; shader
// compilers may assume that neither occurs in arithmetic.
const MAGNITUDE = 0x7fffffffu;
const INFINITE = 0x7f800000u;
// Below it a device may read zero.
const SMALLEST_NORMAL = 0x00800000u;

// The power of two that brings a magnitude into [1, 4), from its exponent bits: multiplying by it
// is exact, where dividing by a number beyond 2^126 need not be.
fn inverse_scale(bits: u32) -> f32 {
    let exponent = bits >> 23u;
    return bitcast<f32>(max(254u - min(exponent, 253u), 1u) << 23u);
}

// Whether a row whose largest magnitude has these bits can be brought to unit norm.
fn is_usable(bits: u32) -> bool {
    return bits >= SMALLEST_NORMAL && bits < INFINITE;
}
