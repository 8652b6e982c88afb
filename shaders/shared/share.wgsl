// floor(part * count / whole) for part <= whole <= 2^25 and count <= 2^25, where the product may
// need 50 bits: long division over the bits of `count`. After each bit
//   part * (bits so far) = quotient * whole + rest, rest < whole,
// so that what is divided next, 2 * rest + part, stays below 3 * whole.
fn share(part: u32, count: u32, whole: u32) -> u32 {
    let bits = 32u - countLeadingZeros(count);
    if countLeadingZeros(part) >= bits {
        // The product has 32 bits at most.
        return part * count / whole;
    }
    var quotient = 0u;
    var rest = 0u;
    for (var bit = bits; bit > 0u; bit--) {
        rest = 2u * rest + select(0u, part, ((count >> (bit - 1u)) & 1u) == 1u);
        let times = u32(rest >= whole) + u32(rest >= 2u * whole);
        rest -= times * whole;
        quotient = 2u * quotient + times;
    }
    return quotient;
}
