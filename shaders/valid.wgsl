// Which rows are valid, for rules that need no unit rows: those that `normalize.wgsl` would bring to
// unit norm. 64 rows a workgroup: a thread a row where rows are narrow, else sixteen rows at a time
// with sixteen lanes each.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> features: array<u32>;
@group(0) @binding(2) var<storage, read> list: array<u32>;
@group(0) @binding(3) var<storage, read_write> valid: array<u32>;

#import "shared/features.wgsl"

const ROWS = 64u;
const AT_ONCE = 16u;
const LANES = 16u;
// Bits of the largest magnitude of each row; they order as magnitudes do, infinity and NaN on top.
var<workgroup> largest: array<atomic<u32>, ROWS>;

// That magnitude over every `lanes`th column of a row; 0 for one that is not there.
fn largest_bits(row: u32, lane: u32, lanes: u32) -> u32 {
    let listed = source_row(min(row, params.rows - 1u));
    var bits = 0u;
    if row < params.rows && listed < params.bank_rows {
        for (var column = lane; column < params.features; column += lanes) {
            bits = max(bits, bitcast<u32>(load(listed, column)) & MAGNITUDE);
        }
    }
    return bits;
}

fn store(row: u32, bits: u32) {
    if row < params.leading {
        valid[row] = u32(is_usable(bits));
    }
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let first = (group.y * groups.x + group.x) * ROWS;
    if params.features <= LANES {
        if lane < ROWS {
            store(first + lane, largest_bits(first + lane, 0u, 1u));
        }
        return;
    }
    if lane < ROWS {
        atomicStore(&largest[lane], 0u);
    }
    workgroupBarrier();
    for (var own = lane / LANES; own < ROWS; own += AT_ONCE) {
        atomicMax(&largest[own], largest_bits(first + own, lane % LANES, LANES));
    }
    workgroupBarrier();
    if lane < ROWS {
        store(first + lane, atomicLoad(&largest[lane]));
    }
}
