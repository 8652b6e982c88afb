// What a row covers better than all chosen before it. Needs `greedy.wgsl` and the variables
// `covered` and `changes`.
fn cover(row: u32, units: u32) {
    let before = covered[row];
    if units > before {
        covered[row] = units;
        changes[atomicAdd(&greedy.changed, 1u)] = Change(row, before, units, 0u);
    }
}
