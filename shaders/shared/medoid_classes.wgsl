// Keys of rows in the order of choice, the largest first, of equal ones the lower row. Needs the
// array `taken`.
const TAKEN = 0u;
const INVALID = 1u;
const ORDINARY = 2u;
const MEDOID = 0x80000000u;

fn is_taken(row: u32) -> bool {
    return ((taken[row / 32u] >> (row % 32u)) & 1u) == 1u;
}
