// The digit of a key that one pass of the radix sort orders by.
const DIGITS = 256u;

// Its lowest bit: 0, 8, 16 or 24.
override shift: u32 = 0u;

// Larger keys have smaller digits, so that they come first.
fn digit(key: u32) -> u32 {
    return (~key >> shift) & (DIGITS - 1u);
}
