// Which ranks a rule keeps. Needs `state.wgsl` and `hash.wgsl`.

// 0 evenly spread ranks, 1 a seeded pick in each stratum, 2 the first ranks, 3 both ends.
override rank_kind: u32 = 0u;

const SPREAD = 0u;
const STRATA = 1u;
const ENDS = 3u;

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

fn chosen_rank(pick: u32, mode: u32, valid_rows: u32, kept_rows: u32, seed: u32) -> u32 {
    if mode == MODE_INDEX_ORDER {
        return pick;
    }
    if mode == MODE_EVEN_STRIDE {
        return share(pick, valid_rows, kept_rows);
    }
    switch rank_kind {
        case SPREAD: { return share(2u * pick + 1u, valid_rows, 2u * kept_rows); }
        case STRATA: {
            let first = share(pick, valid_rows, kept_rows);
            let size = share(pick + 1u, valid_rows, kept_rows) - first;
            return first + seeded_hash(pick, seed) % size;
        }
        case ENDS: {
            let top = (kept_rows + 1u) / 2u;
            return select(valid_rows - 1u - (pick - top), pick, pick < top);
        }
        default: { return pick; }
    }
}
