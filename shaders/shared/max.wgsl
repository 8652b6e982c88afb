// The largest value of all lanes of a workgroup.
#import "shared/reduction.wgsl" COMBINE=max(a,b) SUBGROUP=subgroupMax
