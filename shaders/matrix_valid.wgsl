// Which rows of the caller's matrix take part, by one workgroup a row: those with a finite diagonal
// entry and finite entries in the columns of all such rows. A row that has NaN or infinity on its
// diagonal is thereby left out, and does not take the others along.
#import "shared/params.wgsl"
#import "shared/magnitude.wgsl"

@group(0) @binding(1) var<storage, read> matrix: array<u32>;
@group(0) @binding(2) var<storage, read_write> valid: array<u32>;

const LANES = 64u;
var<workgroup> flaws: array<u32, LANES>;
#import "shared/max.wgsl" NAME=workgroup_max TYPE=u32 SCRATCH=flaws LANES=LANES

// By bits, because shader compilers may assume that arithmetic meets neither infinity nor NaN.
fn is_finite(row: u32, column: u32) -> bool {
    let bits = matrix[params.offset + row * params.stride + column];
    return (bits & MAGNITUDE) < INFINITE;
}

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.y * groups.x + group.x;
    if row >= params.leading {
        return;
    }
    var flawed = 1u;
    if row < params.rows {
        flawed = u32(!is_finite(row, row));
        for (var column = lane; column < params.rows; column += LANES) {
            if !is_finite(row, column) && is_finite(column, column) {
                flawed = 1u;
            }
        }
    }
    flawed = workgroup_max(lane, flawed);
    if lane == 0u {
        valid[row] = 1u - flawed;
    }
}
