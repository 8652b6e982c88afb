// Method `guided`: scores of a batch's rows from what is known of them. One invocation a row. Rows
// are numbers in the data set.
struct Params {
    count: u32, // rows of the batch
    classes: u32,
    terms: u32, // CLASS, REFERENCE and AGE that are on, and TRUSTED
    step: f32, // steps observed so far
    share: f32, // rows kept of a step, as a share of the data set
    ahead: f32, // accuracy of the vote less the margin
    opening: f32, // width of the gate
    class_weight: f32,
    reference_weight: f32,
    age_weight: f32,
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
// The mean loss of each class under the vote.
@group(0) @binding(8) var<storage, read> vote_losses: array<f32>;

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
fn main(@builtin(global_invocation_id) id: vec3u) {
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
        let label = labels[row];
        terms.x = params.class_weight * (state[1u + label] - vote_losses[label]);
    }
    if on(REFERENCE) {
        terms.y = -params.reference_weight * (within[row] * gate);
    }
    if on(AGE) {
        terms.z = params.age_weight * age(row);
    }
    scored[place] = terms.x + terms.y + terms.z;
    scored[params.count + place] = terms.x;
    scored[2u * params.count + place] = terms.y;
    scored[3u * params.count + place] = terms.z;
    if place == 0u {
        scored[4u * params.count] = gate;
    }
}
