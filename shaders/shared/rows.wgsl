// The caller's feature rows, read where they lie, one chunk of them bound at a time, by teams of
// eight lanes a row. Needs `params.wgsl`.
#import "shared/chunk.wgsl"

@group(1) @binding(0) var<storage, read> features: array<u32>;
@group(1) @binding(1) var<storage, read> list: array<u32>;

// 0 f32; 1 f16 with every row starting at a whole word; 2 f16 anywhere.
override element_kind: u32 = 0u;

const THREADS = 256u;
const TEAM = 8u;
const TEAMS = THREADS / TEAM;

fn pairs() -> u32 {
    return (params.features + 1u) / 2u;
}

// The column behind the features that holds what every row has alike: the shift of the affinity.
fn constant_column() -> u32 {
    return 2u * pairs();
}

// Number of the feature row that is row `row` of the chunk; rows the bank does not have are
// `bank_rows` or more.
fn source_row(row: u32) -> u32 {
    if params.listed == 0u {
        return row;
    }
    return list[params.list_offset + chunk.first + row];
}

fn row_start(source: u32) -> u32 {
    return chunk.offset + source * params.stride;
}

fn half_at(element: u32) -> f32 {
    let both = unpack2x16float(features[element / 2u]);
    return select(both.x, both.y, (element & 1u) == 1u);
}

// Columns 2 * pair and 2 * pair + 1 of the row that starts at `start`; zero past the last column.
fn load_pair(start: u32, pair: u32) -> vec2<f32> {
    let element = start + 2u * pair;
    var both: vec2<f32>;
    if element_kind == 1u {
        both = unpack2x16float(features[element / 2u]);
    } else if element_kind == 0u {
        both = vec2(bitcast<f32>(features[element]), bitcast<f32>(features[element + 1u]));
    } else {
        both = vec2(half_at(element), half_at(element + 1u));
    }
    return vec2(both.x, select(0.0, both.y, 2u * pair + 1u < params.features));
}

var<workgroup> team_parts: array<vec4<f32>, THREADS>;

#import "shared/team.wgsl" NAME=team_sum TYPE=vec4<f32> SCRATCH=team_parts TEAM=TEAM COMBINE=(a+b)
