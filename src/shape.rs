/// The largest batch that selection takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Rows at most; a call may have fewer.
    pub rows: usize,
    /// Features of every row.
    pub features: usize,
}

/// Rows at most in one batch: up to here row numbers are exact in f32, and rank arithmetic in 32
/// bits is. How many fit a device follows from its limits; those of a rule that needs a graph by
/// the dense path hold 4n² bytes.
pub const MAX_ROWS: usize = 1 << 24;

/// Graphs at most in one submission: workgroups along one dimension of a dispatch.
pub const MAX_GRAPHS: usize = 65_535;
