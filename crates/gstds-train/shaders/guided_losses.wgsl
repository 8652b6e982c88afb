// Method `guided`: what the learner says of the rows that a step kept. One invocation a row.
struct Params {
    count: u32, // rows kept
    classes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<i32>;
// The state as guided_scores.wgsl has it.
@group(0) @binding(2) var<storage, read> state: array<f32>;
// A label a row.
@group(0) @binding(3) var<storage, read> labels: array<u32>;
// [kept, class].
@group(0) @binding(4) var<storage, read> logits: array<f32>;
// Of each kept row its loss, or below 0 where that is not finite; whether the learner is right; and
// whether the row is new and has a loss.
@group(0) @binding(5) var<storage, read_write> seen: array<f32>;

const THREADS = 64u;

// A row of the data set, whatever the list holds.
fn row_at(place: u32) -> u32 {
    return min(u32(rows[place]), arrayLength(&labels) - 1u);
}

// By its bits: compilers may take every number to be finite.
fn is_finite(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let place = id.x;
    if place >= params.count {
        return;
    }
    let row = row_at(place);
    let own = labels[row];
    let first = place * params.classes;
    let logit = logits[first + own];
    var largest = logit;
    var right = true;
    for (var kind = 0u; kind < params.classes; kind++) {
        let other = logits[first + kind];
        largest = max(largest, other);
        right = right && (other < logit || kind == own || (other == logit && kind > own));
    }
    var sum = 0.0;
    for (var kind = 0u; kind < params.classes; kind++) {
        sum += exp(logits[first + kind] - largest);
    }
    let loss = max(0.0, log(sum) + (largest - logit));
    let usable = is_finite(largest) && is_finite(logit) && is_finite(sum) && is_finite(loss);
    seen[3u * place] = select(-1.0, loss, usable);
    seen[3u * place + 1u] = select(0.0, 1.0, right);
    seen[3u * place + 2u] = select(0.0, 1.0, usable && state[1u + params.classes + row] < 0.0);
}
