// For each digit: how many of it lie in earlier tiles, and how many there are. A digit a workgroup;
// each thread owns a run of tiles.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read_write> counts: array<u32>;

#import "shared/radix.wgsl"
#import "shared/scan.wgsl" LANES=THREADS

const DIGITS = 256u;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let count = tiles(params.rows);
    let run = (count + THREADS - 1u) / THREADS;
    let lanes = (count + run - 1u) / run;
    let line = DIGITS + group.x * count;
    let first = line + min(lane * run, count);
    let end = line + min((lane + 1u) * run, count);
    var total = 0u;
    for (var at = first; at < end; at++) {
        total += counts[at];
    }
    var before = sum_before(lane, total, lanes);
    if lane == lanes - 1u {
        counts[group.x] = before + total;
    }
    for (var at = first; at < end; at++) {
        let own = counts[at];
        counts[at] = before;
        before += own;
    }
}
