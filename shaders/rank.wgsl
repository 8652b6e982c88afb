// Rows in the order that the rule reads them: a key a row, larger first, ties by row number, and
// invalid rows last. Every thread counts the rows ahead of its own and writes itself there.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read> scores: array<f32>;
@group(0) @binding(3) var<storage, read> valid: array<u32>;
@group(0) @binding(4) var<storage, read_write> order: array<u32>;

#import "shared/hash.wgsl"
#import "shared/keys.wgsl"

const THREADS = 256u;
var<workgroup> keys: array<u32, THREADS>;

fn key(row: u32) -> u32 {
    if row >= params.rows {
        return 0u;
    }
    return row_key(row, scores[row], valid[row] == 1u, state.mode, state.flags);
}

// 1 where a row of this key and number comes before the own one, else 0.
fn is_ahead(key: u32, number: u32, own: u32, row: u32) -> u32 {
    return u32(key > own || (key == own && number < row));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = id.x;
    let own = key(row);
    var ahead = 0u;
    for (var first = 0u; first < params.rows; first += THREADS) {
        keys[lane] = key(first + lane);
        workgroupBarrier();
        let count = min(THREADS, params.rows - first);
        // Four keys are read at once. Past the last row they are 0 and of no lower row number, so
        // that they are ahead of none.
        for (var i = 0u; i < count; i += 4u) {
            let a = keys[i];
            let b = keys[i + 1u];
            let c = keys[i + 2u];
            let d = keys[i + 3u];
            let other = first + i;
            ahead += is_ahead(a, other, own, row) + is_ahead(b, other + 1u, own, row);
            ahead += is_ahead(c, other + 2u, own, row) + is_ahead(d, other + 3u, own, row);
        }
        workgroupBarrier();
    }
    if row < params.rows {
        order[ahead] = row;
    }
}
