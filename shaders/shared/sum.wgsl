// A sum over all lanes of a workgroup.
#import "shared/reduction.wgsl" COMBINE=(a+b) SUBGROUP=subgroupAdd
