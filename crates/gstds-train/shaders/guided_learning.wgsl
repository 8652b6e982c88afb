// Method `guided`: what a step adds to the state. One workgroup: classes side by side, rows one
// after the other.
struct Params {
    count: u32, // rows kept
    classes: u32,
    step: f32, // steps observed so far
    class_rate: f32, // share of a class's running loss that a step replaces
    mean_rate: f32, // share of the running accuracy that a step with new rows replaces, or 0
    accuracy_rate: f32, // where that is 0, the share for each new row
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<i32>;
// The state as guided_scores.wgsl has it.
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
// A label a row.
@group(0) @binding(3) var<storage, read> labels: array<u32>;
// As guided_losses.wgsl leaves it.
@group(0) @binding(5) var<storage, read> seen: array<f32>;

const THREADS = 64u;

// A row of the data set, whatever the list holds.
fn row_at(place: u32) -> u32 {
    return min(u32(rows[place]), arrayLength(&labels) - 1u);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_id) id: vec3u) {
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
            let running = state[1u + kind];
            state[1u + kind] = running * (1.0 - params.class_rate) + sum / count * params.class_rate;
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
            state[0] = state[0] * (1.0 - rate) + right / count * rate;
        }
    }
    for (var place = id.x; place < params.count; place += THREADS) {
        state[1u + params.classes + row_at(place)] = params.step;
    }
}
