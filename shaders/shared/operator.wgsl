// What a product with the graph reads and writes, beside the graph itself: as a solver step the
// operator is applied to the newest basis vector, as the `last` product the affinity matrix W to
// the scores. Needs `params.wgsl`, `state.wgsl` and the bindings `state`, `degree`, `root` and
// `source`.
override symmetric: bool = true;
override last: bool = false;
// True where the source's newest vector always lies in row 1 (power iteration).
override in_place: bool = false;

// Where the source vector starts, in quads.
fn newest() -> u32 {
    if last {
        return 0u;
    }
    return select(1u + state.step, 1u, in_place) * params.leading / 4u;
}

// Whether there is nothing to do.
fn is_idle() -> bool {
    return state.mode != MODE_SOLVE || (!last && state.finished != 0u);
}

#import "shared/operator_entry.wgsl"

// The product's entry, from the row's sum over its edges.
fn finish(row: u32, sum: f32) -> f32 {
    if last {
        return select(0.0, sum, root[row / 4u][row % 4u] > 0.0);
    }
    return operator_entry(row, sum, source[newest() + row / 4u][row % 4u]);
}
