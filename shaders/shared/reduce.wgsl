// Sums and extremes over one workgroup, in a fixed order: the same bytes on every run. With
// subgroups, each adds up its own lanes and the first lane adds up the subgroups.
#if wide
const THREADS = 512u;
#else
const THREADS = 256u;
#endif
var<workgroup> scratch: array<f32, THREADS>;

#if subgroup
#import "shared/subgroup.wgsl"

var<private> subgroup_lane: u32;
var<private> subgroup_number: u32;
var<private> subgroup_count: u32;

// To be called before any sum.
fn stand(subgroup: Subgroup) {
    subgroup_lane = subgroup.invocation;
    subgroup_number = subgroup.number;
    subgroup_count = subgroup.count;
}

// Where the lane's subgroup leaves its part; how many parts there are.
fn leave_part(part: f32) -> u32 {
    if subgroup_lane == 0u {
        scratch[subgroup_number] = part;
    }
    workgroupBarrier();
    return subgroup_count;
}

fn workgroup_sum(lane: u32, value: f32) -> f32 {
    let parts = leave_part(subgroupAdd(value));
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
    let parts = leave_part(subgroupMax(value));
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
