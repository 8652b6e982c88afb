// The sum of the values of lower lanes, over the first `lanes` of a workgroup of 256.
var<workgroup> sums: array<u32, THREADS>;

fn sum_before(lane: u32, value: u32, lanes: u32) -> u32 {
    sums[lane] = value;
    workgroupBarrier();
    for (var step = 1u; step < lanes; step *= 2u) {
        var lower = 0u;
        if lane >= step {
            lower = sums[lane - step];
        }
        workgroupBarrier();
        sums[lane] += lower;
        workgroupBarrier();
    }
    return sums[lane] - value;
}
