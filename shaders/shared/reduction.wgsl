// A reduction over all lanes of a workgroup, in a fixed order: the same bytes on every run. With
// subgroups, each reduces its own lanes and the first lane reduces the subgroups.
//
// $NAME is the function, $TYPE its values, $SCRATCH an array of $LANES of them in workgroup memory,
// $COMBINE an expression of a and b, and $SUBGROUP the built-in function that does the same.
#if subgroup
fn $NAME(lane: u32, value: $TYPE) -> $TYPE {
    let own = $SUBGROUP(value);
    if subgroup_lane == 0u {
        $SCRATCH[subgroup_number] = own;
    }
    workgroupBarrier();
    if lane == 0u {
        var a = $SCRATCH[0];
        for (var part = 1u; part < subgroup_count; part++) {
            let b = $SCRATCH[part];
            a = $COMBINE;
        }
        $SCRATCH[0] = a;
    }
    return workgroupUniformLoad(&$SCRATCH[0]);
}
#else
fn $NAME(lane: u32, value: $TYPE) -> $TYPE {
    $SCRATCH[lane] = value;
    workgroupBarrier();
    for (var half = $LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            let a = $SCRATCH[lane];
            let b = $SCRATCH[lane + half];
            $SCRATCH[lane] = $COMBINE;
        }
        workgroupBarrier();
    }
    return workgroupUniformLoad(&$SCRATCH[0]);
}
#endif
