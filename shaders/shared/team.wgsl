// A reduction over each team of neighbouring lanes; every lane of the workgroup takes part.
//
// $NAME is the function, $TYPE its values, $TEAM the lanes of a team, a power of two, $SCRATCH an
// array of a value a lane in workgroup memory, and $COMBINE an expression of a and b.
fn $NAME(lane: u32, value: $TYPE) -> $TYPE {
    $SCRATCH[lane] = value;
    workgroupBarrier();
    for (var half = $TEAM / 2u; half > 0u; half /= 2u) {
        if lane % $TEAM < half {
            let a = $SCRATCH[lane];
            let b = $SCRATCH[lane + half];
            $SCRATCH[lane] = $COMBINE;
        }
        workgroupBarrier();
    }
    let result = $SCRATCH[lane - lane % $TEAM];
    workgroupBarrier();
    return result;
}
