// Eigenpairs of the Lanczos matrix T, from the largest down, by one workgroup. Needs
// `tridiagonal.wgsl` and `reduce.wgsl`. $VECTORS is how many vectors a lane keeps its entries of.
// What the vectors before leave of an entry, at least.
const LEAST_ROOM = 1e-6;

// The lane's entry of each vector found so far.
var<private> t_own: array<f32, $VECTORS>;

// The eigenpair of this rank, once those above it are found. Its vector, orthogonal to theirs, lies
// in `t_vector` and `t_own` afterwards.
fn next_eigenpair(lane: u32, size: u32, rank: u32) -> f32 {
    var room = 1.0;
    for (var before = 0u; before < rank; before++) {
        room = fma(-t_own[before], t_own[before], room);
    }
    let ritz = find_eigenpair(lane, size, rank, max(room, LEAST_ROOM));
    var own = select(0.0, t_vector[min(lane, size - 1u)], lane < size);
    if rank > 0u {
        for (var before = 0u; before < rank; before++) {
            own = fma(-workgroup_sum(lane, own * t_own[before]), t_own[before], own);
        }
        let norm = sqrt(workgroup_sum(lane, own * own));
        own /= max(norm, 1e-30);
        if lane < size {
            t_vector[lane] = own;
        }
        workgroupBarrier();
    }
    t_own[rank] = own;
    return ritz;
}
