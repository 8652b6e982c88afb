// The largest eigenpair of the Lanczos matrix T, by one workgroup.
#import "shared/state.wgsl"

@group(0) @binding(0) var<storage, read_write> state: State;

#import "shared/reduce.wgsl"
#import "shared/tridiagonal.wgsl"

var<workgroup> width: u32;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        width = select(state.width, 0u, state.mode != MODE_SOLVE);
    }
    let size = workgroupUniformLoad(&width);
    if size == 0u {
        return;
    }
    if lane < size {
        t_alpha[lane] = state.alpha[lane];
        t_beta[lane] = state.beta[lane];
    }
    workgroupBarrier();
    let ritz = top_eigenpair(lane, size);
    if lane < size {
        state.coefficient[lane] = t_vector[lane];
    }
    if lane == 0u {
        state.ritz = ritz;
    }
}
