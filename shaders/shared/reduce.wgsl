// Sums and extremes over one workgroup, in a fixed order: the same bytes on every run. With
// subgroups, each adds up its own lanes and the first lane adds up the subgroups.
#if wide
const THREADS = 512u;
#else
const THREADS = 256u;
#endif
var<workgroup> scratch: array<f32, THREADS>;

#if subgroup
// Where the lane's subgroup leaves its part: subgroups hold consecutive lanes of a workgroup of one
// dimension, and 4 to 128 of them.
fn leave_part(lane: u32, part: f32) -> u32 {
    let size = subgroupAdd(1u);
    if lane % size == 0u {
        scratch[lane / size] = part;
    }
    workgroupBarrier();
    return THREADS / size;
}

fn workgroup_sum(lane: u32, value: f32) -> f32 {
    let parts = leave_part(lane, subgroupAdd(value));
    if lane == 0u {
        var sum = scratch[0];
        for (var part = 1u; part < parts; part++) {
            sum += scratch[part];
        }
        scratch[0] = sum;
    }
    return workgroupUniformLoad(&scratch[0]);
}

fn workgroup_max(lane: u32, value: f32) -> f32 {
    let parts = leave_part(lane, subgroupMax(value));
    if lane == 0u {
        var largest = scratch[0];
        for (var part = 1u; part < parts; part++) {
            largest = max(largest, scratch[part]);
        }
        scratch[0] = largest;
    }
    return workgroupUniformLoad(&scratch[0]);
}
#else
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
#endif

fn workgroup_min(lane: u32, value: f32) -> f32 {
    return -workgroup_max(lane, -value);
}
