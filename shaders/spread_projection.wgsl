// A pass of Gram-Schmidt of a Lanczos step over many rows, spread over workgroups. Pass 0 projects
// the product on the basis, pass 1 takes off what pass 0 found and projects what is left, pass 2
// takes off what pass 1 found and adds up squares. Every workgroup adds up what all left of the
// pass before, in the same order.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

alias Entry = vec4<f32>;

@group(0) @binding(1) var<storage, read> state: State;
// Zero between the last row and the end of its quad, as the basis is.
@group(0) @binding(2) var<storage, read_write> vector_entries: array<Entry>;
@group(0) @binding(3) var<storage, read> basis: array<Entry>;
@group(0) @binding(4) var<storage, read_write> overlaps: array<f32>;

override pass_number: u32 = 0u;

#import "shared/reduce.wgsl"
#import "shared/spread.wgsl"

// The workgroup's rows of the product.
var<workgroup> product: array<Entry, GROUP_ENTRIES>;
var<private> first_entry: u32;
var<private> own_entries: u32;

fn inner(a: Entry, b: Entry) -> f32 {
    return dot(a, b);
}

fn entries() -> u32 {
    return own_entries;
}

fn place(vector: u32, entry: u32) -> u32 {
    return vector * params.leading / 4u + first_entry + entry;
}

#import "shared/gram_schmidt.wgsl" BARRIER=workgroupBarrier

// What all workgroups found of one basis vector in the pass before. Four loads are under way at
// once.
fn total_overlap(groups: u32, vector: u32) -> f32 {
    let found = max(pass_number, 1u) - 1u;
    var sum = 0.0;
    let unrolled = groups - groups % 4u;
    for (var group = 0u; group < unrolled; group += 4u) {
        let a = overlaps[overlap_place(found, group, groups, vector)];
        let b = overlaps[overlap_place(found, group + 1u, groups, vector)];
        let c = overlaps[overlap_place(found, group + 2u, groups, vector)];
        let d = overlaps[overlap_place(found, group + 3u, groups, vector)];
        sum = sum + a + b + c + d;
    }
    for (var group = unrolled; group < groups; group++) {
        sum += overlaps[overlap_place(found, group, groups, vector)];
    }
    return sum;
}

fn take_off(lane: u32, groups: u32, count: u32) {
    for (var vector = lane; vector < count; vector += THREADS) {
        overlap[vector] = total_overlap(groups, vector);
    }
    subtract_projection(lane, count);
    if lane < own_entries {
        vector_entries[first_entry + lane] = product[lane];
    }
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    if state.mode != MODE_SOLVE || state.finished != 0u {
        return;
    }
    let group = id.x;
    let groups = grid.x;
    let count = state.step + 2u;
    first_entry = group * GROUP_ENTRIES;
    own_entries = min(GROUP_ENTRIES, (params.rows + 3u) / 4u - first_entry);
    var own = Entry();
    if lane < own_entries {
        own = vector_entries[first_entry + lane];
    }
    product[lane] = own;
    workgroupBarrier();
    if pass_number > 0u {
        take_off(lane, groups, count);
    }
    if pass_number < 2u {
        project(lane, count);
        for (var vector = lane; vector < count; vector += THREADS) {
            overlaps[overlap_place(pass_number, group, groups, vector)] = overlap[vector];
        }
    } else {
        let squares = workgroup_sum(lane, inner(product[lane], product[lane]));
        if lane == 0u {
            overlaps[squares_place(group, groups)] = squares;
        }
    }
}
