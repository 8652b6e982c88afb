#variants from_partials further subgroup
// The rest of a Lanczos step, by one workgroup: orthogonalises the product against the trivial
// vector and the whole basis, and appends it as the next vector, unless the Ritz vectors are good
// enough. `from_partials` first adds up the product from the partial sums that `weighted_row_sum`
// left of it. `further` where more than one vector is wanted.
#import "shared/params.wgsl"
#import "shared/state.wgsl"

alias Entry = vec4<f32>;

@group(0) @binding(1) var<storage, read_write> state: State;
// Both are zero between the last row and the end of its quad.
@group(0) @binding(2) var<storage, read_write> product: array<Entry>;
@group(0) @binding(3) var<storage, read_write> basis: array<Entry>;

#if from_partials
#import "shared/chunk.wgsl"
@group(0) @binding(4) var<storage, read> group_sums: array<Entry>;
#endif

override symmetric: bool = true;

fn inner(a: Entry, b: Entry) -> f32 {
    return dot(a, b);
}

fn entries() -> u32 {
    return (params.rows + 3u) / 4u;
}

fn place(vector: u32, entry: u32) -> u32 {
    return vector * params.leading / 4u + entry;
}

#import "shared/reduce.wgsl"
#import "shared/tridiagonal.wgsl"
#if further
#import "shared/eigenpairs.wgsl" VECTORS=MAX_VECTORS
#else
#import "shared/eigenpairs.wgsl" VECTORS=1u
#endif
#import "shared/gram_schmidt.wgsl" BARRIER=storageBarrier
#import "shared/lanczos.wgsl"
#import "shared/lanczos_step.wgsl"

#if from_partials
// Columns past the constant column have no sums.
fn sum_partials(lane: u32) {
    let constant_column = 2u * ((params.features + 1u) / 2u);
    for (var entry = lane; entry < entries(); entry += THREADS) {
        var sum = Entry();
        for (var slot = 0u; slot < chunk.slots; slot++) {
            sum += group_sums[slot * chunk.width / 4u + entry];
        }
        let column = vec4(4u * entry) + vec4(0u, 1u, 2u, 3u);
        product[entry] = select(Entry(), sum, column <= vec4(constant_column));
    }
    storageBarrier();
    workgroupBarrier();
}
#endif

fn append(lane: u32, vector: u32, beta: f32) {
    for (var entry = lane; entry < params.leading / 4u; entry += THREADS) {
        let value = product[min(entry, entries() - 1u)] / beta;
        basis[place(vector, entry)] = select(Entry(), value, entry < entries());
    }
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(local_invocation_index) lane: u32,
#if subgroup
    @builtin(subgroup_invocation_id) invocation: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
#endif
) {
#if subgroup
    set_subgroup(invocation, subgroup, subgroups);
#endif
    let before = begin_step(lane);
    if before.number >= MAX_STEPS {
        return;
    }
#if from_partials
    sum_partials(lane);
#endif
    let count = before.number + 2u;
    let beta = orthogonalize(lane, count);
    if !end_step(lane, before, alpha_found, beta) {
        append(lane, count, beta);
    }
}
