// What the workgroups of a Lanczos step that is spread over rows leave for each other in `overlaps`:
// for each of two passes and each workgroup, what its rows add to the product's overlap with every
// basis vector; then, a workgroup, the sum of the squares of what is left. Needs `state.wgsl` and
// the variable `overlaps`. Mirrors `GROUP_ROWS` and `overlap_words` in src/fiedler/spread.rs.
const GROUP_ROWS = 1024u;
const GROUP_ENTRIES = GROUP_ROWS / 4u;
// Overlaps of a pass of a workgroup.
const OVERLAPS = MAX_STEPS + 2u;

fn overlap_place(pass_number: u32, group: u32, groups: u32, vector: u32) -> u32 {
    return (pass_number * groups + group) * OVERLAPS + vector;
}

fn squares_place(group: u32, groups: u32) -> u32 {
    return 2u * groups * OVERLAPS + group;
}
