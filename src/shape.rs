/// The largest batch that selection takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Rows at most; a call may have fewer.
    pub rows: usize,
    /// Features of every row.
    pub features: usize,
}

/// Rows at most in one batch. Up to this number, row numbers are exact in f32 and ranks can be
/// computed in 32 bits. A device's limits may allow fewer: on the dense path, n rows need a matrix
/// of 4n² bytes.
pub const MAX_ROWS: usize = 1 << 24;

/// Graphs at most in one submission: workgroups along one dimension of a dispatch.
pub const MAX_GRAPHS: usize = 65_535;
