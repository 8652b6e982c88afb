// Similarity of every row with the chosen one, and what that changes: eight lanes a row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> centre: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> keys: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> covered: array<u32>;
@group(0) @binding(6) var<storage, read_write> changes: array<Change>;

#import "shared/team_row.wgsl"

// True where rows are only compared with the first valid one.
override probing: bool = false;

// What rounding takes off a similarity of 1.
const ROUNDING = 4e-6;

fn note(row: u32, similarity: f32) {
    if probing {
        if similarity < 1.0 - ROUNDING {
            atomicOr(&greedy.unlike, 1u);
        }
        return;
    }
    let before = covered[row];
    if by_gain {
        let units = similarity_units(similarity);
        if units > before {
            covered[row] = units;
            changes[atomicAdd(&greedy.changed, 1u)] = Change(row, before, units, 0u);
        }
        return;
    }
    let units = distance_units(similarity);
    if units < before {
        covered[row] = units;
        if keys[row].y != 0u {
            keys[row].x = units;
        }
    }
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = team_row(group, groups, lane);
    var sum = 0.0;
    if row.usable && greedy.row != NO_ROW {
        for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
            let value = load_pair(row.start, pair) * row.factor.x * row.factor.y;
            sum += dot(value, centre[pair]);
        }
    }
    let similarity = team_sum(lane, vec4(sum)).x;
    if lane % TEAM == 0u && row.usable && greedy.row != NO_ROW {
        note(row.index, similarity);
    }
}
