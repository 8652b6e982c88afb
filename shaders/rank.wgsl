// Rows in the order that the rule reads them: a key a row, larger first, ties by row number, and
// invalid rows last. Every thread counts the rows ahead of its own and writes itself there.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> scores: array<f32>;
@group(0) @binding(3) var<storage, read> valid: array<u32>;
@group(0) @binding(4) var<storage, read_write> order: array<u32>;

// 0 the score, 1 its magnitude, 2 its magnitude with the smallest first, 3 a seeded random number.
override key_kind: u32 = 0u;

#import "shared/hash.wgsl"

const SIGNED = 0u;
const MAGNITUDE = 1u;
const SMALLEST = 2u;
const RANDOM = 3u;
const THREADS = 256u;
var<workgroup> keys: array<u32, THREADS>;

// Order-preserving bits of a score; -0 counts as +0.
fn sortable(value: f32) -> u32 {
    let bits = select(bitcast<u32>(value), 0u, value == 0.0);
    return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

fn key(row: u32) -> u32 {
    if row >= params.rows {
        return 0u;
    }
    if (state.flags & FLAG_KEPT_ALL) != 0u {
        return 1u;
    }
    if valid[row] == 0u {
        return 0u;
    }
    if state.mode != MODE_SOLVE {
        return 1u;
    }
    switch key_kind {
        case MAGNITUDE: { return sortable(abs(scores[row])); }
        case SMALLEST: { return ~sortable(abs(scores[row])); }
        case RANDOM: { return seeded_hash(row, params.seed); }
        default: { return sortable(scores[row]); }
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = id.x;
    let own = key(row);
    var ahead = 0u;
    for (var first = 0u; first < params.rows; first += THREADS) {
        keys[lane] = key(first + lane);
        workgroupBarrier();
        let count = min(THREADS, params.rows - first);
        for (var i = 0u; i < count; i++) {
            let other = keys[i];
            ahead += u32(other > own || (other == own && first + i < row));
        }
        workgroupBarrier();
    }
    if row < params.rows {
        order[ahead] = row;
    }
}
