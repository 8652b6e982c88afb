// An entry of the operator's product. Needs `params.wgsl`, `state.wgsl`, the override `symmetric`
// and the bindings `state`, `degree` and `root`.
#import "shared/as_computed.wgsl"

// From the row's sum over its edges and the row's own entry of the vector.
fn operator_entry(row: u32, sum: f32, own: f32) -> f32 {
    let scaling = root[row / 4u][row % 4u];
    if symmetric {
        return scaling * sum;
    }
    return scaling * sum - as_computed(degree[row] - state.degree_min) * own;
}
