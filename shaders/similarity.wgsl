// S = U Uᵀ by tiles of 64 x 64, the upper half computed and mirrored, so that S is symmetric to
// the bit and identical rows have identical similarities; the diagonal is left as computed for the
// same reason. Every thread holds 4 x 4 entries.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> unit: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> similarity: array<vec4<f32>>;

const TILE = 64u;
const SLAB = 16u;
var<workgroup> left: array<f32, TILE * SLAB>;
var<workgroup> right: array<f32, TILE * SLAB>;

fn stage_slab(tile: vec2<u32>, slab: u32, lane: u32) {
    let row = lane / 4u;
    let column = lane % 4u;
    let from_left = unit[((tile.x * TILE + row) * params.padded + slab) / 4u + column];
    let from_right = unit[((tile.y * TILE + row) * params.padded + slab) / 4u + column];
    for (var part = 0u; part < 4u; part++) {
        left[(column * 4u + part) * TILE + row] = from_left[part];
        right[(column * 4u + part) * TILE + row] = from_right[part];
    }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let tile = group.xy;
    if tile.x > tile.y {
        return;
    }
    let row = (lane / 16u) * 4u;
    let column = (lane % 16u) * 4u;
    var sum: array<vec4<f32>, 4>;
    for (var slab = 0u; slab < params.padded; slab += SLAB) {
        stage_slab(tile, slab, lane);
        workgroupBarrier();
        for (var k = 0u; k < SLAB; k++) {
            let r = k * TILE + column;
            let l = k * TILE + row;
            let b = vec4(right[r], right[r + 1u], right[r + 2u], right[r + 3u]);
            sum[0] = fma(vec4(left[l]), b, sum[0]);
            sum[1] = fma(vec4(left[l + 1u]), b, sum[1]);
            sum[2] = fma(vec4(left[l + 2u]), b, sum[2]);
            sum[3] = fma(vec4(left[l + 3u]), b, sum[3]);
        }
        workgroupBarrier();
    }
    let top = tile.x * TILE + row;
    let start = tile.y * TILE + column;
    for (var i = 0u; i < 4u; i++) {
        similarity[((top + i) * params.leading + start) / 4u] = sum[i];
        if tile.x != tile.y {
            let mirrored = vec4(sum[0][i], sum[1][i], sum[2][i], sum[3][i]);
            similarity[((start + i) * params.leading + top) / 4u] = mirrored;
        }
    }
}
