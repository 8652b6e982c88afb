// The next row of a greedy choice, by one workgroup: one given beforehand, or the best candidate.
// After the last of them, the key that is left.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"

@group(0) @binding(2) var<storage, read> candidates: array<vec4<u32>>;
// How many rows are given, then the rows.
@group(0) @binding(3) var<storage, read> already: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> kept: array<u32>;

const THREADS = 256u;
#import "shared/candidate_keys.wgsl"
#import "shared/wide.wgsl"

// Runs of rows that have a candidate each.
override runs: u32 = 1u;

fn take(row: u32, given: u32) {
    let key = keys[row];
    let counts = (key.y & VALID) != 0u && mode_of() == MODE_SOLVE;
    if counts && by_gain {
        greedy.objective = add_wide(greedy.objective, vec2(key.x, key.y & ~VALID));
    }
    keys[row] = vec2(0u);
    if greedy.step >= given {
        kept[greedy.step - given] = row;
    }
    greedy.step += 1u;
    greedy.row = select(NO_ROW, row, counts);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    var best = NO_CANDIDATE;
    if lane < runs {
        best = candidates[lane];
    }
    best = best_candidate(lane, best);
    if lane == 0u {
        atomicStore(&greedy.changed, 0u);
        let given = already[0];
        if greedy.step >= params.kept {
            let far = (best.y & VALID) != 0u && !by_gain && mode_of() == MODE_SOLVE;
            greedy.radius = select(0u, best.x, far);
            greedy.row = NO_ROW;
        } else if greedy.step < given {
            take(already[1u + greedy.step], given);
        } else if best.z != NO_ROW {
            take(best.z, given);
        }
    }
}
