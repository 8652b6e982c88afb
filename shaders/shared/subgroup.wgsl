// Where a lane stands among the subgroups of its workgroup, which only the entry point is told.
struct Subgroup {
    @builtin(subgroup_invocation_id) invocation: u32,
    @builtin(subgroup_id) number: u32,
    @builtin(num_subgroups) count: u32,
}
