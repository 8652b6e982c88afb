// The place of a lane among the subgroups of its workgroup, which only the entry point receives: as
// arguments of its own, since naga's HLSL leaves them without semantics in a struct.
var<private> subgroup_lane: u32;
var<private> subgroup_number: u32;
var<private> subgroup_count: u32;

// To be called before any reduction.
fn set_subgroup(invocation: u32, number: u32, count: u32) {
    subgroup_lane = invocation;
    subgroup_number = number;
    subgroup_count = count;
}
