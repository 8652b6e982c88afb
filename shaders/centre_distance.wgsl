// Distance of every row to the chosen one, and what that changes: eight lanes a row.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"
#import "shared/rows.wgsl"

@group(0) @binding(2) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> centre: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> keys: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> covered: array<u32>;

#import "shared/team_row.wgsl"

// True where rows are only compared with the first valid one.
override probing: bool = false;

fn note(row: u32, units: u32) {
    if probing {
        if units > 0u {
            atomicOr(&greedy.unlike, 1u);
        }
        return;
    }
    if units < covered[row] {
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
    let present = row.usable && greedy.row != NO_ROW;
    var sum = 0.0;
    if present {
        for (var pair = lane % TEAM; pair < pairs(); pair += TEAM) {
            sum += dot(load_pair(row.start, pair), centre[pair]);
        }
    }
    let similarity = team_sum(lane, vec4(sum * row.factor.x * row.factor.y)).x;
    if lane % TEAM == 0u && present {
        note(row.index, distance_units(similarity));
    }
}
