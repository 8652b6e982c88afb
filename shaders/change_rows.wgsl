// Unit rows of the changes of a round, eight lanes a row, with zeros up to the next tile; recorded
// once for each chunk.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/greedy.wgsl"
#import "shared/rows.wgsl"
#import "shared/round.wgsl"

@group(0) @binding(2) var<uniform> window: Round;
@group(0) @binding(3) var<storage, read> factors: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> changes: array<Change>;
@group(0) @binding(5) var<storage, read_write> unit: array<vec2<f32>>;

const TILE = 64u;

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = (group.y * groups.x + group.x) * TEAMS + lane / TEAM;
    let count = changes_in(atomicLoad(&greedy.changed), window);
    let padding = place >= count && place < (count + TILE - 1u) / TILE * TILE && chunk.first == 0u;
    var row = NO_ROW;
    if place < count {
        row = changes[window.first + place].row;
    }
    let here = row != NO_ROW && row >= chunk.first && row - chunk.first < chunk.rows;
    if !here && !padding {
        return;
    }
    var factor = vec2<f32>();
    var start = row_start(0u);
    if here {
        factor = factors[row];
        start = row_start(source_row(row - chunk.first));
    }
    let width = params.padded / 2u;
    for (var pair = lane % TEAM; pair < width; pair += TEAM) {
        var value = vec2<f32>();
        if here && pair < pairs() {
            value = load_pair(start, pair) * factor.x * factor.y;
        }
        unit[place * width + pair] = value;
    }
}
