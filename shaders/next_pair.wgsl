// From one Ritz pair to the next lower one, by one workgroup: stores the scores of the current
// pair, and writes the next one to the state as if it were the Fiedler vector.
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

var<workgroup> current: u32;

fn store_scores(lane: u32, rank: u32) {
    let there = rank < spectrum.vectors;
    for (var row = lane; row < params.leading; row += THREADS) {
        var score = 0.0;
        if there && row < params.rows {
            score = scores[row];
        }
        stored[rank * params.leading + row] = score;
    }
    if lane == 0u && there {
        spectrum.residuals[rank] = state.residual;
    }
}

// The flags of the current pair do not hold for the next, whose scores set them again. That a
// further vector did not converge stays known.
fn update_flags(rank: u32) {
    if rank < spectrum.vectors && (state.flags & FLAG_UNCONVERGED) != 0u {
        state.flags |= FLAG_FURTHER_UNCONVERGED;
    }
    state.flags &= ~(FLAG_DISCONNECTED | FLAG_UNCONVERGED);
}

fn load_pair(lane: u32, next: u32) {
    if state.mode == MODE_SOLVE {
        state.coefficient[lane] = pairs.coefficient[next][lane];
        if lane == 0u {
            state.ritz = pairs.ritz[next];
        }
    }
    if lane == 0u {
        update_flags(next + 1u);
        pairs.rank = next;
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        current = pairs.rank;
    }
    let rank = workgroupUniformLoad(&current);
    if rank < vectors {
        store_scores(lane, rank);
    }
    if rank > 0u {
        load_pair(lane, rank - 1u);
    }
}
