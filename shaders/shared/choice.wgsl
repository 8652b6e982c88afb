// Which ranks a rule keeps. Needs `state.wgsl` and `hash.wgsl`.

// 0 evenly spread ranks, 1 a seeded pick in each stratum, 2 the first ranks, 3 both ends.
override rank_kind: u32 = 0u;

const SPREAD = 0u;
const STRATA = 1u;
const ENDS = 3u;

#import "shared/share.wgsl"

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
