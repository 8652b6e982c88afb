#variants half many
// Feature rows to unit rows: one workgroup a row, scaled by a power of two near the row's largest
// entry before the norm so that rows of any magnitude come out exact. A zero (or subnormal), NaN or
// infinite row, or a listed row that the bank does not have, becomes a zero row marked invalid.
#import "shared/params.wgsl"
#if many
#import "shared/graphs.wgsl"
#endif

@group(0) @binding(1) var<storage, read> features: array<u32>;
@group(0) @binding(2) var<storage, read> list: array<u32>;
#if half
// Two entries a word.
@group(0) @binding(3) var<storage, read_write> unit: array<u32>;
#else
@group(0) @binding(3) var<storage, read_write> unit: array<f32>;
#endif
@group(0) @binding(4) var<storage, read_write> valid: array<u32>;
#if many
@group(0) @binding(5) var<storage, read> graphs: array<GraphRange>;
#endif

#import "shared/features.wgsl"

const LANES = 64u;
var<workgroup> largest: array<u32, LANES>;
var<workgroup> squares: array<f32, LANES>;
#import "shared/max.wgsl" NAME=workgroup_max TYPE=u32 SCRATCH=largest LANES=LANES
#import "shared/sum.wgsl" NAME=workgroup_sum TYPE=f32 SCRATCH=squares LANES=LANES

// Bits of the largest magnitude of the row. Bits order as magnitudes do, with infinity and NaN on
// top; shader compilers may assume that neither occurs in arithmetic, so they are detected by bits.
fn largest_bits(row: u32, lane: u32) -> u32 {
    var bits = 0u;
    for (var column = lane; column < params.features; column += LANES) {
        bits = max(bits, bitcast<u32>(load(row, column)) & MAGNITUDE);
    }
    return workgroup_max(lane, bits);
}

fn scaled_norm(row: u32, scale: f32, lane: u32) -> f32 {
    var sum = 0.0;
    for (var column = lane; column < params.features; column += LANES) {
        let value = load(row, column) * scale;
        sum = fma(value, value, sum);
    }
    return sqrt(workgroup_sum(lane, sum));
}

fn entry(row: u32, column: u32, usable: bool, scale: f32, norm: f32) -> f32 {
    if usable && column < params.features {
        return load(row, column) * scale / norm;
    }
    return 0.0;
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
#if many
    // Each graph has `leading` rows of its own to write.
    let first = graphs[group.z].first;
    let rows = graphs[group.z].rows;
    let target_row = group.z * params.leading + row;
#else
    let first = 0u;
    let rows = params.rows;
    let target_row = row;
#endif
    let listed = source_row(first + min(row, rows - 1u));
    let present = row < rows && listed < params.bank_rows;
    // A row that is not there is read as the first one and comes out as zero.
    let source = select(0u, listed, present);
    let bits = largest_bits(source, lane);
    let usable = present && is_usable(bits);
    let scale = inverse_scale(bits);
    let norm = scaled_norm(source, scale, lane);
#if half
    for (var pair = lane; pair < params.padded / 2u; pair += LANES) {
        let one = entry(source, 2u * pair, usable, scale, norm);
        let other = entry(source, 2u * pair + 1u, usable, scale, norm);
        unit[target_row * (params.padded / 2u) + pair] = pack2x16float(vec2(one, other));
    }
#else
    for (var column = lane; column < params.padded; column += LANES) {
        unit[target_row * params.padded + column] = entry(source, column, usable, scale, norm);
    }
#endif
    if lane == 0u {
        valid[target_row] = u32(usable);
    }
}
