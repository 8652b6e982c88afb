#variants subgroup
// The end of a Lanczos step over many rows, by one workgroup: what the passes of Gram-Schmidt left
// makes T's next entries, by which the solve goes on or ends.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read_write> state: State;
@group(0) @binding(2) var<storage, read> overlaps: array<f32>;

override symmetric: bool = true;

#import "shared/reduce.wgsl"
#import "shared/tridiagonal.wgsl"
#import "shared/eigenpairs.wgsl" VECTORS=MAX_VECTORS
#import "shared/lanczos.wgsl"
#import "shared/lanczos_step.wgsl"
#import "shared/spread.wgsl"

@compute @workgroup_size(THREADS)
fn main(
    @builtin(local_invocation_index) lane: u32,
#if subgroup
    @builtin(subgroup_invocation_id) invocation: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
#endif
) {
#if subgroup
    set_subgroup(invocation, subgroup, subgroups);
#endif
    let before = begin_step(lane);
    if before.number >= MAX_STEPS {
        return;
    }
    let groups = (params.rows + GROUP_ROWS - 1u) / GROUP_ROWS;
    let newest = before.number + 1u;
    var along = 0.0;
    var squares = 0.0;
    for (var group = lane; group < groups; group += THREADS) {
        along += overlaps[overlap_place(0u, group, groups, newest)]
            + overlaps[overlap_place(1u, group, groups, newest)];
        squares += overlaps[squares_place(group, groups)];
    }
    let alpha = workgroup_sum(lane, along);
    let beta = sqrt(workgroup_sum(lane, squares));
    _ = end_step(lane, before, alpha, beta);
}
