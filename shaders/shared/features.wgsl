// The caller's feature rows. Needs `params.wgsl` and variables `features` and `list`.
#import "shared/magnitude.wgsl"

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
