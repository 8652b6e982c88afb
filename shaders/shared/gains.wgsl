// How sums of changes become gains. Needs `greedy.wgsl`, `wide.wgsl` and the variable `keys`.

// True before anything is chosen: then the sums are the gains.
override opening: bool = false;

// What rounding adds to the degree of a row without edges, relative to the number of rows.
const EDGELESS = 1e-6;

fn apply(row: u32, sum: vec2<u32>) {
    if (keys[row].y & VALID) == 0u {
        return;
    }
    if !opening {
        keys[row] = subtract_wide(keys[row], sum);
        return;
    }
    keys[row] = add_wide(keys[row], sum);
    let degree = f32(sum.x) / UNIT + f32(sum.y) * (4294967296.0 / UNIT);
    if degree - 1.0 > EDGELESS * f32(greedy.valid) {
        atomicOr(&greedy.edges, 1u);
    }
}
