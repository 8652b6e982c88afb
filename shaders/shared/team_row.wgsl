// The row of a lane's team, where a workgroup looks at a row a team. Needs `rows.wgsl` and the
// variable `factors`.
struct TeamRow {
    // Number of the row in the call.
    index: u32,
    // Element at which it starts; that of the first row where it is not usable.
    start: u32,
    factor: vec2<f32>,
    usable: bool,
}

fn team_row(group: vec3<u32>, groups: vec3<u32>, lane: u32) -> TeamRow {
    let row = (group.y * groups.x + group.x) * TEAMS + lane / TEAM;
    let index = chunk.first + row;
    var factor = vec2<f32>();
    if row < chunk.rows {
        factor = factors[index];
    }
    let usable = factor.x > 0.0;
    let start = row_start(select(0u, source_row(min(row, chunk.rows - 1u)), usable));
    return TeamRow(index, start, factor, usable);
}
