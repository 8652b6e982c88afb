// Feature rows to unit rows: one workgroup a row, scaled by a power of two near the row's largest
// entry before the norm so that rows of any magnitude come out exact. A zero (or subnormal), NaN or infinite row, or
// a listed row that the bank does not have, becomes a zero row marked invalid.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> features: array<u32>;
@group(0) @binding(2) var<storage, read> list: array<u32>;
@group(0) @binding(3) var<storage, read_write> unit: array<f32>;
@group(0) @binding(4) var<storage, read_write> valid: array<u32>;

#import "shared/features.wgsl"

const LANES = 64u;
var<workgroup> largest: array<u32, LANES>;
var<workgroup> squares: array<f32, LANES>;

// Bits of the largest magnitude of the row. Bits order as magnitudes do, with infinity and NaN on
// top; shader compilers may assume that neither occurs in arithmetic, so they are told by bits.
fn largest_bits(row: u32, lane: u32) -> u32 {
    var bits = 0u;
    for (var column = lane; column < params.features; column += LANES) {
        bits = max(bits, bitcast<u32>(load(row, column)) & MAGNITUDE);
    }
    largest[lane] = bits;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            largest[lane] = max(largest[lane], largest[lane + half]);
        }
        workgroupBarrier();
    }
    return largest[0];
}

// The power of two that brings a magnitude into [1, 4), from its exponent bits: multiplying by it
// is exact, where dividing by a number beyond 2^126 need not be.
fn inverse_scale(bits: u32) -> f32 {
    let exponent = bits >> 23u;
    return bitcast<f32>(max(254u - min(exponent, 253u), 1u) << 23u);
}

fn scaled_norm(row: u32, scale: f32, lane: u32) -> f32 {
    var sum = 0.0;
    for (var column = lane; column < params.features; column += LANES) {
        let value = load(row, column) * scale;
        sum = fma(value, value, sum);
    }
    squares[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            squares[lane] += squares[lane + half];
        }
        workgroupBarrier();
    }
    return sqrt(squares[0]);
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
    let listed = source_row(min(row, params.rows - 1u));
    let present = row < params.rows && listed < params.bank_rows;
    // A row that is not there is read as the first one and comes out as zero.
    let source = select(0u, listed, present);
    let bits = largest_bits(source, lane);
    let usable = present && is_usable(bits);
    let scale = inverse_scale(bits);
    let norm = scaled_norm(source, scale, lane);
    for (var column = lane; column < params.padded; column += LANES) {
        var value = 0.0;
        if usable && column < params.features {
            value = load(source, column) * scale / norm;
        }
        unit[row * params.padded + column] = value;
    }
    if lane == 0u {
        valid[row] = u32(usable);
    }
}
