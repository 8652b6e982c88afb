// The largest Ritz pairs of the Lanczos matrix T, by one workgroup: values and estimated residuals
// of all that are listed, and of those wanted what `next_pair` brings into the state.
#import "shared/state.wgsl"
#import "shared/reduce.wgsl"
#import "shared/tridiagonal.wgsl"
#import "shared/eigenpairs.wgsl" VECTORS=MAX_VECTORS
#import "shared/spectrum.wgsl"

@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read_write> spectrum: Spectrum;
@group(0) @binding(2) var<storage, read_write> pairs: Pairs;

override symmetric: bool = true;
override vectors: u32 = 1u;

#import "shared/score.wgsl" ENTRY=f32

// Under sym a Ritz value this small belongs to a vector that the graph maps to 0: rounding is all
// that a product leaves of it.
const MAPPED_TO_ZERO = 1e-5;
// Values listed where fewer vectors are wanted. The least that `found` of a `Spectrum` is, unless the space is smaller.
const LISTED = 8u;

var<workgroup> width: u32;

fn load(lane: u32, size: u32) {
    if lane < size {
        t_alpha[lane] = state.alpha[lane];
        t_beta[lane] = state.beta[lane];
    }
    workgroupBarrier();
}

fn list(rank: u32, ritz: f32, last: f32, size: u32) {
    let scale = select(state.degree_max, 1.0, symmetric);
    spectrum.values[rank] = lambda2_of(ritz, state.degree_min);
    spectrum.residuals[rank] = state.beta[size - 1u] * abs(last) / scale;
}

fn list_none(rank: u32) {
    spectrum.values[rank] = 0.0;
    spectrum.residuals[rank] = 0.0;
}

// Whether products with the graph leave more of the vector than rounding. The first is the Fiedler
// vector, whatever its value.
fn is_determined(rank: u32, ritz: f32) -> bool {
    return rank == 0u || !symmetric || abs(ritz) > MAPPED_TO_ZERO;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        width = select(state.width, 0u, state.mode != MODE_SOLVE);
    }
    let size = workgroupUniformLoad(&width);
    load(lane, size);
    let listed = max(vectors, LISTED);
    var present = 0u;
    // Of the last vector that exists; it also stands for those that do not, which must not look
    // disconnected.
    var ritz = 0.0;
    for (var rank = listed; rank < MAX_VECTORS; rank++) {
        if lane == 0u {
            list_none(rank);
        }
    }
    for (var rank = 0u; rank < listed; rank++) {
        var own = 0.0;
        if rank < size {
            let found = next_eigenpair(lane, size, rank);
            if lane == 0u {
                list(rank, found, t_vector[size - 1u], size);
            }
            workgroupBarrier();
            if present == rank && is_determined(rank, found) {
                present = rank + 1u;
                ritz = found;
                own = t_own[rank];
            }
        } else if lane == 0u {
            list_none(rank);
        }
        if rank < vectors {
            pairs.coefficient[rank][lane] = own;
            if lane == 0u {
                pairs.ritz[rank] = ritz;
            }
        }
    }
    if lane == 0u {
        spectrum.found = min(size, listed);
        spectrum.vectors = min(present, vectors);
        spectrum.reserved[0] = 0u;
        spectrum.reserved[1] = 0u;
        pairs.rank = vectors;
    }
}
