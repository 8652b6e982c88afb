// Moves every row to its place by one digit, rows of the same digit in the order they came: a tile
// a workgroup, 256 rows at a time. A bit a thread says who holds a digit, so that a thread's place
// among them is a count of bits, the same on every run.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read> counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys_out: array<u32>;
@group(0) @binding(5) var<storage, read_write> rows_out: array<u32>;

#import "shared/radix.wgsl"
#import "shared/digit.wgsl"
#import "shared/scan.wgsl" LANES=THREADS

// True for the pass that lists the marked rows, which come first: the kept ones alone are listed.
override marked: bool = false;

const LAST_SHIFT = 24u;
const WORDS = THREADS / 32u;
// Where the next row of each digit goes.
var<workgroup> next: array<u32, DIGITS>;
// The threads that hold a digit, 32 a word: [word][digit].
var<workgroup> holders: array<atomic<u32>, WORDS * DIGITS>;

struct Peers {
    before: u32,
    all: u32,
}

// Threads with the same digit: those before this one, and all of them.
fn peers(own: u32, lane: u32) -> Peers {
    var found = Peers(0u, 0u);
    for (var word = 0u; word < WORDS; word++) {
        let held = atomicLoad(&holders[word * DIGITS + own]);
        let count = countOneBits(held);
        found.all += count;
        if word < lane / 32u {
            found.before += count;
        } else if word == lane / 32u {
            found.before += countOneBits(held & ((1u << (lane % 32u)) - 1u));
        }
    }
    return found;
}

fn clear_holders(own: u32) {
    for (var word = 0u; word < WORDS; word++) {
        atomicStore(&holders[word * DIGITS + own], 0u);
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let in_earlier_tiles = counts[DIGITS + lane * tiles(params.rows) + group.x];
    next[lane] = sum_before(lane, counts[lane], DIGITS) + in_earlier_tiles;
    clear_holders(lane);
    workgroupBarrier();
    for (var chunk = 0u; chunk < TILE; chunk += THREADS) {
        let at = group.x * TILE + chunk + lane;
        let present = at < params.rows;
        var key = 0u;
        if present {
            key = keys[at];
            atomicOr(&holders[lane / 32u * DIGITS + digit(key)], 1u << (lane % 32u));
        }
        workgroupBarrier();
        let own = digit(key);
        var found = Peers(0u, 0u);
        if present {
            found = peers(own, lane);
            let place = next[own] + found.before;
            // The first pass finds the rows in their own order.
            if shift == 0u {
                if place < select(params.rows, params.kept, marked) {
                    rows_out[place] = at;
                }
            } else {
                rows_out[place] = rows[at];
            }
            // Nothing reads keys after the last pass: it leaves the zeros that marks start from.
            if shift == LAST_SHIFT {
                keys_out[at] = 0u;
            } else {
                keys_out[place] = key;
            }
        }
        workgroupBarrier();
        if present && found.before + 1u == found.all {
            next[own] += found.all;
            clear_holders(own);
        }
        workgroupBarrier();
    }
}
