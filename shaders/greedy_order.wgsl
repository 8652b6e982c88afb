// Valid rows by number, then the others, by one workgroup, and what the first rows say of a call.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"

@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read_write> order: array<u32>;

const THREADS = 256u;
#import "shared/scan.wgsl" LANES=THREADS

var<workgroup> valid_rows: u32;

fn mode_by_count(count: u32) -> u32 {
    let many = count >= 3u && count > params.kept && params.rows > params.kept;
    return select(MODE_INDEX_ORDER, MODE_SOLVE, many);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    let share = (params.rows + THREADS - 1u) / THREADS;
    let first = min(lane * share, params.rows);
    let end = min(first + share, params.rows);
    var count = 0u;
    for (var row = first; row < end; row++) {
        count += valid[row];
    }
    var place = sum_before(lane, count, THREADS);
    if lane == THREADS - 1u {
        valid_rows = place + count;
    }
    let all = workgroupUniformLoad(&valid_rows);
    var other = all + first - place;
    for (var row = first; row < end; row++) {
        if valid[row] == 1u {
            order[place] = row;
            place++;
        } else {
            order[other] = row;
            other++;
        }
    }
    if lane == 0u {
        greedy.mode = mode_by_count(all);
        greedy.valid = all;
        greedy.step = 0u;
        atomicStore(&greedy.changed, select(0u, all, by_gain));
        atomicStore(&greedy.unlike, 0u);
        atomicStore(&greedy.edges, 0u);
        greedy.radius = 0u;
        greedy.objective = vec2(0u);
        greedy.reserved = vec2(0u);
    }
    // After the list, of which the first row is the one that the others are compared with.
    storageBarrier();
    workgroupBarrier();
    if lane == 0u {
        greedy.row = select(NO_ROW, order[0], all > 0u);
    }
}
