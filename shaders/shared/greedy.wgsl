// What the kernels of greedy coverage tell each other. Mirrors `GreedyState` in
// src/coverage/greedy.rs. Needs `params.wgsl` and `state.wgsl`; `params.kept` counts the rows given
// beforehand, too.
struct Greedy {
    // By the number of valid rows alone; `mode_of` has the whole of it.
    mode: u32,
    valid: u32,
    // Rows chosen so far, those given beforehand included.
    step: u32,
    // The row that was chosen last; NO_ROW where it changes nothing.
    row: u32,
    // Rows that it covers better than those before it did.
    changed: atomic<u32>,
    // Nonzero where a valid row is unlike the first one.
    unlike: atomic<u32>,
    // Nonzero where a row is similar to more than itself.
    edges: atomic<u32>,
    // Largest distance that is left, in units.
    radius: u32,
    // Sum of the gains, in units.
    objective: vec2<u32>,
    reserved: vec2<u32>,
}
@group(0) @binding(1) var<storage, read_write> greedy: Greedy;

// A row's coverage before and after a choice, in units.
struct Change {
    row: u32,
    before: u32,
    after: u32,
    reserved: u32,
}

const NO_ROW = 0xffffffffu;
// Similarities and distances are counted in units of 2^-24: their sums are exact, in any order.
const UNIT = 16777216.0;
// What rounding takes off a similarity of 1.
const ROUNDING = 4e-6;
const FARTHEST = 33554432u;
const UNREACHED = 0xffffffffu;

// Keys have two words, the low one first; of equal keys the lower row is chosen. The top bits say
// what a row is: valid, left out of the graph, and zero for a chosen one.
const ON_STRIDE = 0xc0000000u;
const VALID = 0x80000000u;
const INVALID = 0x40000000u;

// True for facility location, false for k-center.
override by_gain: bool = false;

fn similarity_units(similarity: f32) -> u32 {
    return u32(round(clamp(similarity, 0.0, 1.0) * UNIT));
}

// Identical rows are at no distance.
fn distance_units(similarity: f32) -> u32 {
    if similarity >= 1.0 - ROUNDING {
        return 0u;
    }
    return u32(round(clamp(1.0 - similarity, 0.0, 2.0) * UNIT));
}

// What is added to the units of a row when `change` is undone: its gain from that row.
fn gain_of(units: u32, change: Change) -> u32 {
    let before = max(units, change.before) - change.before;
    let after = max(units, change.after) - change.after;
    return before - after;
}

fn mode_of() -> u32 {
    if greedy.mode != MODE_SOLVE {
        return greedy.mode;
    }
    let alike = atomicLoad(&greedy.unlike) == 0u;
    let edgeless = by_gain && atomicLoad(&greedy.edges) == 0u;
    return select(MODE_SOLVE, MODE_EVEN_STRIDE, alike || edgeless);
}
