// Whether any pair of sampled unit rows has a negative similarity: the question on which automatic
// affinity turns. Tiles of 64 x 64 pairs, of which those above the diagonal are searched until one
// finds such a pair; the answer does not depend on which. A workgroup takes every so many tiles,
// since most often none needs a search.
#import "shared/params.wgsl"
#import "shared/piece.wgsl"

#import "shared/sign_flags.wgsl" FEATURE=u32 PAIR=atomic<u32>
@group(0) @binding(1) var<storage, read> unit: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> sign_flags: SignFlags;
// Tiles by number, line by line.
@group(0) @binding(3) var<uniform> piece: Piece;

const TILE = 64u;
const SLAB = 4u;
// Rounding may turn a similarity of zero into this much less.
const NEGATIVE = -4e-6;
// Quads of features, [row][quad of the slab].
var<workgroup> left: array<vec4<f32>, TILE * SLAB>;
var<workgroup> right: array<vec4<f32>, TILE * SLAB>;
var<workgroup> settled: u32;

// Adds four features of four rows times four columns; entry [i][j] is row i with column j.
fn accumulate(sums: mat4x4<f32>, row: u32, column: u32, quad: u32) -> mat4x4<f32> {
    var total = sums;
    for (var i = 0u; i < 4u; i++) {
        let a = left[(row * 4u + i) * SLAB + quad];
        total[i] += vec4(
            dot(a, right[(column * 4u) * SLAB + quad]),
            dot(a, right[(column * 4u + 1u) * SLAB + quad]),
            dot(a, right[(column * 4u + 2u) * SLAB + quad]),
            dot(a, right[(column * 4u + 3u) * SLAB + quad]),
        );
    }
    return total;
}

// Tiles along each side: the sample's rows, padded to 64. Mirrors `Tiling::sample` in
// src/low_rank.rs.
fn tiles_across() -> u32 {
    let most = arrayLength(&unit) / (params.padded / 4u);
    let stride = (params.rows + most - 1u) / most;
    let sampled = (params.rows + stride - 1u) / stride;
    return (sampled + TILE - 1u) / TILE;
}

fn is_settled(lane: u32) -> bool {
    if lane == 0u {
        let none = sign_flags.negative_feature == 0u;
        settled = u32(none || atomicLoad(&sign_flags.negative_pair) != 0u);
    }
    return workgroupUniformLoad(&settled) != 0u;
}

fn search_tile(tile: vec2<u32>, lane: u32) {
    let width = params.padded / 4u;
    let row = lane / SLAB;
    let quad = lane % SLAB;
    var sums: mat4x4<f32>;
    for (var slab = 0u; slab < width; slab += SLAB) {
        left[lane] = unit[(tile.x * TILE + row) * width + slab + quad];
        right[lane] = unit[(tile.y * TILE + row) * width + slab + quad];
        workgroupBarrier();
        for (var k = 0u; k < SLAB; k++) {
            sums = accumulate(sums, lane / 16u, lane % 16u, k);
        }
        workgroupBarrier();
    }
    let least = min(min(sums[0], sums[1]), min(sums[2], sums[3]));
    if min(min(least.x, least.y), min(least.z, least.w)) < NEGATIVE {
        atomicStore(&sign_flags.negative_pair, 1u);
    }
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let across = tiles_across();
    let end = min(piece.first.x + piece.count, across * across);
    for (var number = piece.first.x + group.x; number < end; number += groups.x) {
        if is_settled(lane) {
            return;
        }
        let tile = vec2(number % across, number / across);
        if tile.x <= tile.y {
            search_tile(tile, lane);
        }
    }
}
