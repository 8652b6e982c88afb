// The caller's feature rows. Needs `params.wgsl` and variables `features` and `list`.
const MAGNITUDE = 0x7fffffffu;
const INFINITE = 0x7f800000u;
// Below it a device may read zero.
const SMALLEST_NORMAL = 0x00800000u;

fn load(row: u32, column: u32) -> f32 {
    let element = params.offset + row * params.stride + column;
    if params.half == 0u {
        return bitcast<f32>(features[element]);
    }
    let pair = unpack2x16float(features[element / 2u]);
    return select(pair.x, pair.y, (element & 1u) == 1u);
}

fn source_row(row: u32) -> u32 {
    if params.listed == 0u {
        return row;
    }
    return list[params.list_offset + row];
}

// Whether a row whose largest magnitude has these bits can be brought to unit norm.
fn is_usable(bits: u32) -> bool {
    return bits >= SMALLEST_NORMAL && bits < INFINITE;
}
