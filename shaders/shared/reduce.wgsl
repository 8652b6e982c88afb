// Sums and extremes over a workgroup of 256 lanes, or 512 where it is wide.
#if wide
const THREADS = 512u;
#else
const THREADS = 256u;
#endif
var<workgroup> scratch: array<f32, THREADS>;

#if subgroup
#import "shared/subgroup.wgsl"
#endif
#import "shared/sum.wgsl" NAME=workgroup_sum TYPE=f32 SCRATCH=scratch LANES=THREADS
#import "shared/max.wgsl" NAME=workgroup_max TYPE=f32 SCRATCH=scratch LANES=THREADS

fn workgroup_min(lane: u32, value: f32) -> f32 {
    return -workgroup_max(lane, -value);
}
