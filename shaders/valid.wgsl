// Which rows are valid, for rules that need no unit rows: those that `normalize.wgsl` would bring to
// unit norm. Sixteen rows a workgroup, sixteen lanes a row.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> features: array<u32>;
@group(0) @binding(2) var<storage, read> list: array<u32>;
@group(0) @binding(3) var<storage, read_write> valid: array<u32>;

#import "shared/features.wgsl"

const ROWS = 16u;
const LANES = 16u;
// Bits of the largest magnitude of each row; they order as magnitudes do, infinity and NaN on top.
var<workgroup> largest: array<atomic<u32>, ROWS>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let own = lane / LANES;
    let row = (group.y * groups.x + group.x) * ROWS + own;
    if lane < ROWS {
        atomicStore(&largest[lane], 0u);
    }
    workgroupBarrier();
    let listed = source_row(min(row, params.rows - 1u));
    let present = row < params.rows && listed < params.bank_rows;
    if present {
        var bits = 0u;
        for (var column = lane % LANES; column < params.features; column += LANES) {
            bits = max(bits, bitcast<u32>(load(listed, column)) & MAGNITUDE);
        }
        atomicMax(&largest[own], bits);
    }
    workgroupBarrier();
    if lane % LANES == 0u && row < params.leading {
        valid[row] = u32(present && is_usable(atomicLoad(&largest[own])));
    }
}
