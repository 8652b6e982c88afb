// The place of a lane among the subgroups of its workgroup, which only the entry point receives.
struct Subgroup {
    @builtin(subgroup_invocation_id) invocation: u32,
    @builtin(subgroup_id) number: u32,
    @builtin(num_subgroups) count: u32,
}

var<private> subgroup_lane: u32;
var<private> subgroup_number: u32;
var<private> subgroup_count: u32;

// To be called before any reduction.
fn set_subgroup(subgroup: Subgroup) {
    subgroup_lane = subgroup.invocation;
    subgroup_number = subgroup.number;
    subgroup_count = subgroup.count;
}
