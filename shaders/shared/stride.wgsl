// Which ranks an even stride takes. Needs `share.wgsl`.

// Whether `rank` is floor(i * valid_rows / wanted) for some i below `wanted`, which is at most
// `valid_rows`.
fn is_on_stride(rank: u32, valid_rows: u32, wanted: u32) -> bool {
    let below = share(rank, wanted, valid_rows);
    let own = share(below, valid_rows, wanted) == rank;
    let next = below + 1u < wanted && share(below + 1u, valid_rows, wanted) == rank;
    return own || next;
}
