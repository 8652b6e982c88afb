// From one Ritz pair to the next lower one, by one workgroup: puts away the scores of the pair in
// hand, and has the state say of the next what it says of the Fiedler vector.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

#import "shared/spectrum.wgsl"

@group(0) @binding(1) var<storage, read_write> state: State;
@group(0) @binding(2) var<storage, read_write> spectrum: Spectrum;
@group(0) @binding(3) var<storage, read_write> pairs: Pairs;
@group(0) @binding(4) var<storage, read> scores: array<f32>;
@group(0) @binding(5) var<storage, read_write> stored: array<f32>;

override vectors: u32 = 1u;

const THREADS = 256u;

var<workgroup> in_hand: u32;

fn put_away(lane: u32, held: u32) {
    let there = held < spectrum.vectors;
    for (var row = lane; row < params.leading; row += THREADS) {
        var score = 0.0;
        if there && row < params.rows {
            score = scores[row];
        }
        stored[held * params.leading + row] = score;
    }
    if lane == 0u && there {
        spectrum.residuals[held] = state.residual;
    }
}

// What was found of the pair in hand is not true of the next, whose scores say it anew. Of a
// further vector that is there it stays known that it did not converge.
fn pass_flags(held: u32) {
    if held < spectrum.vectors && (state.flags & FLAG_UNCONVERGED) != 0u {
        state.flags |= FLAG_FURTHER_UNCONVERGED;
    }
    state.flags &= ~(FLAG_DISCONNECTED | FLAG_UNCONVERGED);
}

fn bring(lane: u32, next: u32) {
    if state.mode == MODE_SOLVE {
        state.coefficient[lane] = pairs.coefficient[next][lane];
        if lane == 0u {
            state.ritz = pairs.ritz[next];
        }
    }
    if lane == 0u {
        pass_flags(next + 1u);
        pairs.held = next;
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        in_hand = pairs.held;
    }
    let held = workgroupUniformLoad(&in_hand);
    if held < vectors {
        put_away(lane, held);
    }
    if held > 0u {
        bring(lane, held - 1u);
    }
}
