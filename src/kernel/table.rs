//! The kernels of a selection, in the order data passes through them.

use crate::{fiedler::spread::GROUP_ROWS, workspace::RADIX_TILE};

/// How many workgroups a kernel needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grid {
    /// This many.
    Fixed(u32),
    /// One for so many rows.
    Rows(u32),
    /// The same for rows padded to 64, in lines of at most 65,535 workgroups; the last few may be
    /// too many, for kernels to pass over.
    PaddedRows(u32),
    /// A square of tiles of 64 rows; those below the diagonal leave at once.
    Tiles,
    /// One a graph.
    Graphs,
    /// What the caller computes.
    Given,
}

impl Grid {
    /// Workgroups for this many rows of each of so many graphs.
    pub fn workgroups(self, rows: u32, graphs: u32) -> [u32; 3] {
        match self {
            Self::Fixed(count) => [count, 1, graphs],
            Self::Rows(each) => [rows.div_ceil(each), 1, graphs],
            Self::PaddedRows(each) => {
                let count = rows.next_multiple_of(64) / each;
                let lines = count.div_ceil(65_535).max(1);
                [count.div_ceil(lines), lines, graphs]
            }
            Self::Tiles => [rows.div_ceil(64), rows.div_ceil(64), graphs],
            Self::Graphs => [graphs, 1, 1],
            Self::Given => unreachable!("workgroups that depend on more than rows"),
        }
    }
}

/// A kernel: its shader, and what does not follow from the shader and the options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KernelSpec {
    /// The file in `shaders/`, without its extension.
    pub shader: &'static str,
    pub grid: Grid,
    /// Variants of the shader that neither an option nor the device decides.
    pub variants: &'static [&'static str],
    /// Bindings that are a workspace buffer of another name: the shader's name, the workspace's.
    pub buffers: &'static [(&'static str, &'static str)],
    /// Override constants that no option sets.
    pub constants: &'static [(&'static str, f64)],
}

const fn kernel(shader: &'static str, grid: Grid) -> KernelSpec {
    KernelSpec {
        shader,
        grid,
        variants: &[],
        buffers: &[],
        constants: &[],
    }
}

/// The kernel after the solver, whose vector is the scores.
const LAST: &[(&str, f64)] = &[("last", 1.0)];
/// Kernels that look at a row with eight of 256 lanes.
const TEAMS: Grid = Grid::PaddedRows(32);
/// Kernels of the radix sort.
const RADIX: Grid = Grid::Rows(RADIX_TILE);

// Unit rows and the similarity graph.

/// Feature rows to unit rows. Reads n·d elements, writes 4·n·d bytes, 2·n·d in half storage.
pub(crate) const NORMALIZE: KernelSpec = kernel("normalize", Grid::PaddedRows(1));
/// The same for many graphs.
pub(crate) const NORMALIZE_GRAPHS: KernelSpec = KernelSpec {
    variants: &["many"],
    ..NORMALIZE
};
/// Cosine similarity of every pair of rows, or its weight under exp, with each row's sum and
/// minimum by tiles. n²d/2 multiply-adds, 4n² + n²/8 bytes written, 2n² + n²/8 in half storage.
pub(crate) const SIMILARITY: KernelSpec = kernel("similarity", Grid::Tiles);
/// The same by four times as many lanes a tile, where tiles are too few to fill a GPU.
pub(crate) const SIMILARITY_SPLIT: KernelSpec = KernelSpec {
    variants: &["split"],
    ..SIMILARITY
};
/// Which rows of a caller's matrix take part. Reads 4n² bytes and the diagonal n times, writes 4n.
pub(crate) const MATRIX_VALID: KernelSpec = kernel("matrix_valid", Grid::PaddedRows(1));
/// A caller's matrix as S, in the place of [`SIMILARITY`]. Reads 2n² bytes, writes 4n² + n²/8, 2n² +
/// n²/8 in half storage.
pub(crate) const MATRIX_WEIGHTS: KernelSpec = kernel("matrix_weights", Grid::Tiles);
/// Sum and minimum of every row of S, from what its tiles left of them. Reads n²/8 bytes.
pub(crate) const DEGREE: KernelSpec = kernel("degree", Grid::Rows(64));
/// The most similar rows of every row, as bits. Reads 4n² bytes and more the more neighbours are
/// looked for, writes n²/8.
pub(crate) const NEIGHBOURS: KernelSpec = kernel("neighbours", Grid::PaddedRows(1));
/// Edges from each row's neighbours, and how many each row has. Reads n²/4 bytes, writes n²/8.
pub(crate) const EDGES: KernelSpec = kernel("edges", Grid::Rows(64));
/// Where each row's entries start. Reads and writes 4n bytes.
pub(crate) const OFFSETS: KernelSpec = kernel("offsets", Grid::Fixed(1));
/// Edges as sparse rows with weights, and degrees. Reads n²/8 bytes, writes 8 for each end of an
/// edge.
pub(crate) const ENTRIES: KernelSpec = kernel("entries", Grid::Rows(1));
/// Degrees, row scales, trivial vector and start vector; decides the affinity and the mode of the
/// call. Reads 12n bytes, writes 16n.
pub(crate) const LAPLACIAN: KernelSpec = kernel("laplacian", Grid::Fixed(1));

// The solver.

/// The operator times the newest basis vector. Reads 4n² bytes, 2n² in half storage.
pub(crate) const PRODUCT: KernelSpec = KernelSpec {
    buffers: &[("source", "basis")],
    ..kernel("product", Grid::Rows(4))
};
/// W times the scores, for residual and polish.
pub(crate) const LAST_PRODUCT: KernelSpec = KernelSpec {
    buffers: &[("source", "scores")],
    constants: LAST,
    ..PRODUCT
};
/// The same two with a sparse graph. Reads 8 bytes for each end of an edge.
pub(crate) const SPARSE_PRODUCT: KernelSpec = KernelSpec {
    shader: "product_sparse",
    grid: Grid::Rows(8),
    ..PRODUCT
};
pub(crate) const LAST_SPARSE_PRODUCT: KernelSpec = KernelSpec {
    shader: "product_sparse",
    grid: Grid::Rows(8),
    ..LAST_PRODUCT
};
/// Orthogonalisation of a Lanczos step; step j reads the j + 2 vectors of the basis four times.
/// From the eighth step on every second, from the sixteenth on every fourth estimates the residual
/// of every vector wanted and ends the solve where it is at most 2e-7 of the operator's norm: what
/// is recorded after that leaves at once.
pub(crate) const LANCZOS: KernelSpec = kernel("lanczos", Grid::Fixed(1));
/// A whole Lanczos step in one dispatch, with the estimates that [`LANCZOS`] makes. Reads 4n² bytes,
/// 2n² in half storage; each of up to 128 workgroups reads the j + 1 vectors of the basis of step j
/// too.
pub(crate) const DELAYED_STEP: KernelSpec = kernel("delayed_step", Grid::Given);
/// A pass of Gram-Schmidt of a step over many rows. Reads the j + 2 vectors of the basis once for
/// what it takes off and once for what it projects.
pub(crate) const SPREAD_PROJECTION: KernelSpec = KernelSpec {
    buffers: &[("vector_entries", "product")],
    ..kernel("spread_projection", Grid::Rows(GROUP_ROWS))
};
/// What follows the passes: T's next entries, and the estimates that [`LANCZOS`] makes.
pub(crate) const SPREAD_STEP: KernelSpec = kernel("spread_step", Grid::Fixed(1));
/// The basis vector that the passes leave. Reads and writes 4n bytes.
pub(crate) const SPREAD_APPEND: KernelSpec = kernel("spread_append", Grid::Rows(1024));
/// A step of deflated, shifted power iteration. Reads 40n bytes.
pub(crate) const POWER: KernelSpec = kernel("power", Grid::Fixed(1));
/// The largest eigenpair of the Lanczos matrix.
pub(crate) const TRIDIAGONAL: KernelSpec = kernel("tridiagonal", Grid::Fixed(1));
/// The Fiedler vector from the Lanczos basis. Reads 4n bytes a step.
pub(crate) const RITZ: KernelSpec = kernel("ritz", Grid::Rows(64));
/// The largest Ritz pairs of the Lanczos matrix.
pub(crate) const SPECTRUM: KernelSpec = kernel("spectrum", Grid::Fixed(1));
/// From one Ritz pair to the next. Copies 4n bytes.
pub(crate) const NEXT_PAIR: KernelSpec = KernelSpec {
    buffers: &[("stored", "vectors")],
    ..kernel("next_pair", Grid::Fixed(1))
};

// Products without the similarity matrix; those that read features are recorded once a chunk.

/// Scale, norm and validity of every row. Reads n·d elements twice, writes 12n bytes.
pub(crate) const ROW_NORMS: KernelSpec = kernel("row_norms", TEAMS);
/// Unit rows of an evenly spaced sample, or nothing where no row has a negative entry.
pub(crate) const SAMPLE_ROWS: KernelSpec = kernel("sample_rows", TEAMS);
/// Whether any two sampled rows have a negative similarity. Up to m²d/2 multiply-adds for m sampled
/// rows where features of both signs leave the answer open, else next to none.
pub(crate) const NEGATIVE_PAIR: KernelSpec = kernel("negative_pair", Grid::Given);
/// Row sums of S, and how alike the rows are. Reads the features once, writes 8n bytes.
pub(crate) const ROW_SUMS: KernelSpec = kernel("row_sums", TEAMS);
/// Sums of unit rows, each counted once, as partial sums of workgroups. n·d multiply-adds; reads
/// the features once.
pub(crate) const SUM_ROWS: KernelSpec = KernelSpec {
    buffers: &[("source", "valid"), ("row_weights", "root")],
    ..kernel("weighted_row_sum", Grid::Given)
};
/// The same of rows weighted by the newest basis vector.
pub(crate) const SUM_BY_VECTOR: KernelSpec = KernelSpec {
    buffers: &[("source", "basis"), ("row_weights", "root")],
    constants: &[("weighting", 1.0)],
    ..SUM_ROWS
};
/// The same of rows weighted by the scores.
pub(crate) const SUM_BY_SCORES: KernelSpec = KernelSpec {
    buffers: &[("source", "scores"), ("row_weights", "root")],
    constants: &[("weighting", 1.0), ("last", 1.0)],
    ..SUM_ROWS
};
/// The same of rows weighted by their own product with the newest vector of the dual, over their
/// degrees. 2·n·d multiply-adds.
pub(crate) const DUAL_PRODUCT: KernelSpec = KernelSpec {
    buffers: &[("source", "dual_basis"), ("row_weights", "degree")],
    constants: &[("weighting", 2.0)],
    ..SUM_ROWS
};
/// The same with the dual's eigenvector.
pub(crate) const LAST_DUAL_PRODUCT: KernelSpec = KernelSpec {
    buffers: &[("source", "dual_vectors"), ("row_weights", "degree")],
    constants: &[("weighting", 2.0), ("last", 1.0)],
    ..SUM_ROWS
};
/// Partial sums of all unit rows to a vector over columns, before there is a Laplacian.
pub(crate) const COLUMN_SUMS: KernelSpec = KernelSpec {
    buffers: &[("collected", "column_sums")],
    constants: &[("first", 1.0)],
    ..SUM_PARTIALS
};
/// The partial sums of a solver step.
pub(crate) const SUM_PARTIALS: KernelSpec = kernel("sum_partials", Grid::Given);
/// Those of the product after the solver, over rows.
pub(crate) const LAST_SUM_PARTIALS: KernelSpec = KernelSpec {
    constants: LAST,
    ..SUM_PARTIALS
};
/// Those of the product after the solver, in the dual: the second of its vectors.
pub(crate) const LAST_SUM_PARTIALS_DUAL: KernelSpec = KernelSpec {
    buffers: &[("collected", "dual_vectors")],
    constants: &[("last", 1.0), ("place", 1.0)],
    ..SUM_PARTIALS
};
/// Products of unit rows with a vector over columns, which complete the operator of sym. n·d
/// multiply-adds; reads the features once.
pub(crate) const ROW_PRODUCTS_SYM: KernelSpec = KernelSpec {
    buffers: &[("row_weights", "root"), ("source", "basis")],
    ..kernel("row_products", TEAMS)
};
/// The same for un.
pub(crate) const ROW_PRODUCTS_UN: KernelSpec = KernelSpec {
    buffers: &[("row_weights", "degree"), ("source", "basis")],
    ..ROW_PRODUCTS_SYM
};
/// The same for W times the scores.
pub(crate) const LAST_ROW_PRODUCTS: KernelSpec = KernelSpec {
    buffers: &[("row_weights", "root"), ("source", "scores")],
    constants: LAST,
    ..ROW_PRODUCTS_SYM
};
/// Trivial and start vector of the dual, over its columns.
pub(crate) const DUAL_START: KernelSpec = kernel("dual_start", Grid::Fixed(1));
/// [`LANCZOS`] over the columns of the dual.
pub(crate) const DUAL_LANCZOS: KernelSpec = KernelSpec {
    buffers: &[("product", "collected"), ("basis", "dual_basis")],
    ..LANCZOS
};
/// The same, which adds up the partial sums by itself.
pub(crate) const DUAL_LANCZOS_FROM_PARTIALS: KernelSpec = KernelSpec {
    variants: &["from_partials"],
    ..DUAL_LANCZOS
};
/// [`RITZ`] over the columns of the dual, whose vector [`ROWS_FROM_DUAL`] makes scores of: the ones
/// written here land among the partial sums, which nothing reads any more.
pub(crate) const DUAL_RITZ: KernelSpec = KernelSpec {
    buffers: &[
        ("basis", "dual_basis"),
        ("root", "column_sums"),
        ("fiedler", "dual_vectors"),
        ("scores", "group_sums"),
    ],
    ..RITZ
};
/// From the dual's eigenvector to the Fiedler vector. 2·n·d multiply-adds; reads the features once,
/// writes 8n bytes.
pub(crate) const ROWS_FROM_DUAL: KernelSpec = kernel("rows_from_dual", TEAMS);

// Scores, order and rule.

/// Residual, polish, norm and sign. Reads about 60n bytes.
pub(crate) const SCORE: KernelSpec = kernel("score", Grid::Fixed(1));
/// The same where the solver did not deflate over rows.
pub(crate) const CENTRED_SCORE: KernelSpec = KernelSpec {
    constants: &[("centred", 1.0)],
    ..SCORE
};
/// Rows in the rule's order, for few rows. n² comparisons.
pub(crate) const RANK: KernelSpec = kernel("rank", Grid::Rows(256));
/// Which ranks are kept, and the status block, for few rows.
pub(crate) const KEEP: KernelSpec = kernel("keep", Grid::Fixed(1));
/// The same for many rows: marks for the rows kept, or the rows themselves in rank order. As many
/// workgroups as all rows would need; the count kept is known on the device. Reads 8k bytes, writes
/// 4k.
pub(crate) const MARK_KEPT: KernelSpec = KernelSpec {
    buffers: &[("marks", "keys")],
    ..kernel("mark_kept", RADIX)
};
/// The key of every row. Reads 8n bytes, writes 4n.
pub(crate) const RADIX_KEYS: KernelSpec = kernel("radix_keys", RADIX);
/// How often each digit occurs in each tile. Reads 4n bytes, writes n/2.
pub(crate) const RADIX_COUNT: KernelSpec = kernel("radix_count", RADIX);
/// From counts of digits to places, a workgroup a digit. Reads n bytes, writes n/2.
pub(crate) const RADIX_SCAN: KernelSpec = kernel("radix_scan", Grid::Fixed(256));
/// Rows to their places by one digit, in a stable order. Reads 8n bytes, writes 8n in places that
/// differ.
pub(crate) const RADIX_SCATTER: KernelSpec = kernel("radix_scatter", RADIX);

// The fused path.

/// Everything after the similarities, a workgroup a graph.
pub(crate) const fn fused(wide: bool, many: bool) -> KernelSpec {
    KernelSpec {
        variants: match (wide, many) {
            (false, false) => &[],
            (true, false) => &["wide"],
            (false, true) => &["many"],
            (true, true) => &["many", "wide"],
        },
        ..kernel("fused", Grid::Graphs)
    }
}

// The most similar rows of a bank.

/// [`ROW_NORMS`] of rows that are to be read as they are.
pub(crate) const RAW_ROW_NORMS: KernelSpec = KernelSpec {
    constants: &[("raw", 1.0)],
    ..ROW_NORMS
};
/// Unit rows of a range. Reads its elements once, or three times where they are centred; writes 4
/// bytes an element.
pub(crate) const UNIT_ROWS: KernelSpec = kernel("unit_rows", TEAMS);
/// Similarities of a block of b rows with a span of c rows. b·c·d multiply-adds, 4·b·c bytes
/// written.
pub(crate) const BLOCK_SIMILARITY: KernelSpec = kernel("block_similarity", Grid::Given);
/// The most similar rows of each row of a block, in order. Reads 4·c bytes a row, and a 64th of
/// that for each neighbour; writes 8 bytes a neighbour.
pub(crate) const NEAREST: KernelSpec = kernel("nearest", Grid::Rows(1));

// Greedy coverage of a pool.

/// Kernels with a row a thread.
const ROWS: Grid = Grid::Rows(256);
/// Valid rows by number, then the others. Reads 8n bytes, writes 4n.
pub(crate) const GREEDY_ORDER: KernelSpec = kernel("greedy_order", Grid::Fixed(1));
/// Keys and coverage before anything is chosen. Writes up to 28n bytes.
pub(crate) const GREEDY_START: KernelSpec = kernel("greedy_start", ROWS);
/// Keys where nothing distinguishes rows. Writes 8n bytes there.
pub(crate) const GREEDY_MODE: KernelSpec = kernel("greedy_mode", ROWS);
/// The row with the largest key of each run of rows. Reads 8n bytes.
pub(crate) const GREEDY_CANDIDATES: KernelSpec = kernel("greedy_candidates", Grid::Given);
/// The next row of a greedy choice.
pub(crate) const GREEDY_CHOOSE: KernelSpec = kernel("greedy_choose", Grid::Fixed(1));
/// The chosen row at unit length.
pub(crate) const CENTRE_ROW: KernelSpec = kernel("centre_row", Grid::Fixed(1));
/// Distance of every row to the chosen one. n·d multiply-adds; reads the features once.
pub(crate) const CENTRE_DISTANCE: KernelSpec = kernel("centre_distance", TEAMS);
/// What the chosen row covers better than those before it. n·d multiply-adds; reads the features
/// once.
pub(crate) const CENTRE_SIMILARITY: KernelSpec = kernel("centre_similarity", Grid::Rows(64));
/// The same from a matrix. Reads 12n bytes.
pub(crate) const STORED_COVER: KernelSpec = kernel("stored_cover", ROWS);
/// What c changes of coverage take off the gains, from a matrix. Reads 4·n·c bytes.
pub(crate) const STORED_GAINS: KernelSpec = kernel("stored_gains", Grid::Rows(64));
/// Unit rows of the changes of a round.
pub(crate) const CHANGE_ROWS: KernelSpec = kernel("change_rows", TEAMS);
/// [`STORED_GAINS`] without a matrix. n·c·d multiply-adds.
pub(crate) const TILE_GAINS: KernelSpec = kernel("tile_gains", Grid::Given);

// Spectral medoids, over an embedding of m vectors.

/// What brings each eigenvector back to unit length. Reads 8n bytes a vector.
pub(crate) const VECTOR_NORMS: KernelSpec = kernel("vector_norms", Grid::Given);
/// Rows of the embedding. Reads 12·n·m bytes, writes 4·n·m.
pub(crate) const EMBEDDING: KernelSpec = kernel("embedding", Grid::Rows(64));
/// Distance of every row to the nearest centre drawn so far. n·m multiply-adds.
pub(crate) const CLUSTER_SEEDS: KernelSpec = kernel("cluster_seeds", Grid::Given);
/// The next centre.
pub(crate) const CLUSTER_CHOOSE: KernelSpec = kernel("cluster_choose", Grid::Fixed(1));
/// The nearest of k centres of every row. n·k·m multiply-adds, or none once no row moves.
pub(crate) const CLUSTER_ASSIGN: KernelSpec = kernel("cluster_assign", Grid::Rows(64));
/// The mean of each cluster. Reads 4·n·m bytes.
pub(crate) const CLUSTER_MEANS: KernelSpec = kernel("cluster_means", Grid::PaddedRows(1));
/// Whether rows still moved.
pub(crate) const CLUSTER_SETTLE: KernelSpec = kernel("cluster_settle", Grid::Fixed(1));
/// Keys by which rows follow the medoids. Reads 4·n·m bytes, writes 4n.
pub(crate) const MEDOID_KEYS: KernelSpec = kernel("medoid_keys", ROWS);
/// The row of each cluster that is nearest to its centre. Reads 4·n·m bytes.
pub(crate) const MEDOIDS: KernelSpec = kernel("medoids", Grid::PaddedRows(1));
