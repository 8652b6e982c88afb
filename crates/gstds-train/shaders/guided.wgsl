// Method `guided`: scores of a batch's rows from what is known of them, and what a step adds to
// that. Rows are numbers in the data set.
struct Params {
    count: u32, // rows of the batch, or rows kept
    classes: u32,
    terms: u32, // CLASS, REFERENCE and AGE that are on, and TRUSTED
    step: f32, // steps observed so far
    share: f32, // rows kept of a step, as a share of the data set
    ahead: f32, // accuracy of the vote less the margin
    opening: f32, // width of the gate
    reference: f32, // weight of the reference term
    age: f32, // weight of the age term
    class_rate: f32, // share of a class's running loss that a step replaces
    mean_rate: f32, // share of the running accuracy that a step with new rows replaces, or 0
    accuracy_rate: f32, // where that is 0, the share for each new row
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<i32>;
// The learner's accuracy on rows new to it, the running loss of each class, then the step at which
// each row was last kept, below 0 for never.
@group(0) @binding(2) var<storage, read> state: array<f32>;
// A label a row.
@group(0) @binding(3) var<storage, read> labels: array<u32>;
// The loss of each label under the vote, less the mean of its class.
@group(0) @binding(4) var<storage, read> within: array<f32>;
// NEAREST rows for each, and how alike they are.
@group(0) @binding(5) var<storage, read> nearest: array<u32>;
@group(0) @binding(6) var<storage, read> likeness: array<f32>;
// Scores, class terms, reference terms and age terms, `count` each, then the gate.
@group(0) @binding(7) var<storage, read_write> scored: array<f32>;
// [kept, class].
@group(0) @binding(8) var<storage, read> logits: array<f32>;
// Of each kept row its loss, or below 0 where that is not finite; whether the learner is right; and
// whether the row is new.
@group(0) @binding(9) var<storage, read_write> seen: array<f32>;
// As `state`.
@group(0) @binding(10) var<storage, read_write> next: array<f32>;

const THREADS = 64u;
const NEAREST = 10u;
const CLASS = 1u;
const REFERENCE = 2u;
const AGE = 4u;
const TRUSTED = 8u;

fn on(term: u32) -> bool {
    return (params.terms & term) != 0u;
}

// A row of the data set, whatever the list holds.
fn row_at(place: u32) -> u32 {
    return min(u32(rows[place]), arrayLength(&labels) - 1u);
}

// By its bits: compilers may take every number to be finite.
fn is_finite(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

// From 1 for a row just kept to 0 for one of a whole pass ago, or never.
fn recency(row: u32) -> f32 {
    let last = state[1u + params.classes + row];
    if last < 0.0 {
        return 0.0;
    }
    return max(0.0, 1.0 - (params.step - last) * params.share);
}

fn age(row: u32) -> f32 {
    var fresh = 1.0;
    for (var i = row * NEAREST; i < (row + 1u) * NEAREST; i++) {
        fresh *= 1.0 - likeness[i] * recency(nearest[i]);
    }
    return (1.0 - recency(row)) * fresh;
}

@compute @workgroup_size(THREADS)
fn score(@builtin(global_invocation_id) id: vec3u) {
    let place = id.x;
    if place >= params.count {
        return;
    }
    var gate = 0.0;
    if on(TRUSTED) {
        gate = clamp((params.ahead - state[0]) / params.opening, 0.0, 1.0);
    }
    let row = row_at(place);
    var terms = vec3f(0.0);
    if on(CLASS) {
        terms.x = state[1u + labels[row]];
    }
    if on(REFERENCE) {
        terms.y = -params.reference * (within[row] * gate);
    }
    if on(AGE) {
        terms.z = params.age * age(row);
    }
    scored[place] = terms.x + terms.y + terms.z;
    scored[params.count + place] = terms.x;
    scored[2u * params.count + place] = terms.y;
    scored[3u * params.count + place] = terms.z;
    if place == 0u {
        scored[4u * params.count] = gate;
    }
}

// What the learner says of one kept row.
@compute @workgroup_size(THREADS)
fn lose(@builtin(global_invocation_id) id: vec3u) {
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
    seen[3u * place + 2u] = select(0.0, 1.0, next[1u + params.classes + row] < 0.0);
}

// One workgroup: classes side by side, rows one after the other.
@compute @workgroup_size(THREADS)
fn learn(@builtin(local_invocation_id) id: vec3u) {
    for (var kind = id.x; kind < params.classes; kind += THREADS) {
        var sum = 0.0;
        var count = 0.0;
        for (var place = 0u; place < params.count; place++) {
            let loss = seen[3u * place];
            if labels[row_at(place)] == kind && loss >= 0.0 {
                sum += loss;
                count += 1.0;
            }
        }
        if count > 0.0 {
            let running = next[1u + kind];
            next[1u + kind] = running * (1.0 - params.class_rate) + sum / count * params.class_rate;
        }
    }
    if id.x == 0u {
        var right = 0.0;
        var count = 0.0;
        for (var place = 0u; place < params.count; place++) {
            right += seen[3u * place + 1u] * seen[3u * place + 2u];
            count += seen[3u * place + 2u];
        }
        if count > 0.0 {
            let rate = select(params.accuracy_rate * count, params.mean_rate, params.mean_rate > 0.0);
            next[0] = next[0] * (1.0 - rate) + right / count * rate;
        }
    }
    for (var place = id.x; place < params.count; place += THREADS) {
        next[1u + params.classes + row_at(place)] = params.step;
    }
}
