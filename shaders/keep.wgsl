// The rule: which ranks are kept, by one workgroup. Writes the kept rows, ascending or in rank
// order, and the status block.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/status.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> marks: array<u32>;
@group(0) @binding(4) var<storage, read_write> kept: array<u32>;
@group(0) @binding(5) var<storage, read_write> status: Status;

#import "shared/write_status.wgsl"

override ascending: bool = true;

#import "shared/hash.wgsl"
#import "shared/choice.wgsl"

const THREADS = 256u;
#import "shared/scan.wgsl" LANES=THREADS

fn kept_rank(pick: u32) -> u32 {
    return chosen_rank(pick, state.mode, state.valid, params.kept, params.seed);
}

// Marks the kept rows, then lists them in row order: each thread owns a run of rows, and the
// total of the runs before it says where its own begins.
fn write_ascending(lane: u32) {
    for (var row = lane; row < params.rows; row += THREADS) {
        marks[row] = 0u;
    }
    storageBarrier();
    workgroupBarrier();
    for (var pick = lane; pick < params.kept; pick += THREADS) {
        marks[order[kept_rank(pick)]] = 1u;
    }
    storageBarrier();
    workgroupBarrier();
    let run = (params.rows + THREADS - 1u) / THREADS;
    let first = min(lane * run, params.rows);
    let end = min(first + run, params.rows);
    var count = 0u;
    for (var row = first; row < end; row++) {
        count += marks[row];
    }
    var place = sum_before(lane, count, THREADS);
    for (var row = first; row < end; row++) {
        if marks[row] == 1u {
            kept[place] = row;
            place++;
        }
    }
}

fn write_by_rank(lane: u32) {
    for (var pick = lane; pick < params.kept; pick += THREADS) {
        kept[pick] = order[kept_rank(pick)];
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    if ascending {
        write_ascending(lane);
    } else {
        write_by_rank(lane);
    }
    if lane == 0u {
        write_status();
    }
}
