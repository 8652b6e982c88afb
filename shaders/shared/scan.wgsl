// The sum of the values of lower lanes, over the first `lanes` of a workgroup of $LANES.
var<workgroup> scanned: array<u32, $LANES>;

fn sum_before(lane: u32, value: u32, lanes: u32) -> u32 {
    scanned[lane] = value;
    workgroupBarrier();
    for (var step = 1u; step < lanes; step *= 2u) {
        var lower = 0u;
        if lane >= step {
            lower = scanned[lane - step];
        }
        workgroupBarrier();
        scanned[lane] += lower;
        workgroupBarrier();
    }
    return scanned[lane] - value;
}
