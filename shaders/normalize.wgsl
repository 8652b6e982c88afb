// Feature rows to unit rows: one workgroup a row, scaled by the row's largest entry before the
// norm so that rows of any magnitude come out exact. A zero, NaN or infinite row, or a listed row
// that the bank does not have, becomes a zero row marked invalid.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> features: array<u32>;
@group(0) @binding(2) var<storage, read> list: array<u32>;
@group(0) @binding(3) var<storage, read_write> unit: array<f32>;
@group(0) @binding(4) var<storage, read_write> valid: array<u32>;

#import "shared/reduce.wgsl"

fn load(row: u32, column: u32) -> f32 {
    let element = params.offset + row * params.stride + column;
    if params.half == 0u {
        return bitcast<f32>(features[element]);
    }
    let pair = unpack2x16float(features[element / 2u]);
    return select(pair.x, pair.y, (element & 1u) == 1u);
}

// By bits: shader compilers may assume that NaN and infinity never occur in arithmetic.
fn is_finite(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn source_row(row: u32) -> u32 {
    if params.listed == 0u {
        return row;
    }
    return list[params.list_offset + row];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    let source = source_row(min(row, params.rows - 1u));
    let present = row < params.rows && source < params.bank_rows;

    var largest = 0.0;
    var bad = 0.0;
    if present {
        for (var column = lane; column < params.features; column += THREADS) {
            let value = load(source, column);
            if is_finite(value) {
                largest = max(largest, abs(value));
            } else {
                bad = 1.0;
            }
        }
    }
    largest = workgroup_max(lane, largest);
    bad = workgroup_max(lane, bad);
    let usable = present && bad == 0.0 && largest > 0.0;

    var squares = 0.0;
    if usable {
        for (var column = lane; column < params.features; column += THREADS) {
            let value = load(source, column) / largest;
            squares = fma(value, value, squares);
        }
    }
    let norm = sqrt(workgroup_sum(lane, squares));

    for (var column = lane; column < params.padded; column += THREADS) {
        var value = 0.0;
        if usable && column < params.features {
            value = load(source, column) / largest / norm;
        }
        unit[row * params.padded + column] = value;
    }
    if lane == 0u {
        valid[row] = u32(usable);
    }
}
