// Sums and extremes over one workgroup of 256, in a fixed order: the same bytes on every run.
const THREADS = 256u;
var<workgroup> scratch: array<f32, THREADS>;

fn workgroup_sum(lane: u32, value: f32) -> f32 {
    scratch[lane] = value;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] += scratch[lane + half];
        }
        workgroupBarrier();
    }
    return workgroupUniformLoad(&scratch[0]);
}

fn workgroup_max(lane: u32, value: f32) -> f32 {
    scratch[lane] = value;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] = max(scratch[lane], scratch[lane + half]);
        }
        workgroupBarrier();
    }
    return workgroupUniformLoad(&scratch[0]);
}

fn workgroup_min(lane: u32, value: f32) -> f32 {
    return -workgroup_max(lane, -value);
}
