//! k-means over an embedding: centres drawn by k-means++, iterations that stop on the device, and of
//! each cluster the row nearest its centre.
//!
//! Rows are grouped by their cluster with a stable sort, so that sums are taken in one order and no
//! atomic operation adds floats. The centre of a cluster without rows stays where it was.

use super::runs::{MOST_RUNS, runs};
use crate::{
    kernel::{Binder, BoundKernel, KernelSpec, Piece, PiecedKernel, table},
    ranking::radix::{KeyedRows, RadixSort},
    recorder::Recorder,
    workspace::{count_words, make, words},
};

/// Iterations at most.
pub(super) const ITERATIONS: u32 = 24;

/// Bytes of `Clusters` in `shaders/shared/clusters.wgsl`.
const STATE_BYTES: u64 = 16;

/// Name and bytes of every buffer, for pools of up to `rows` rows and so many clusters.
pub(super) fn sizes(rows: usize, clusters: usize, vectors: u32) -> [(&'static str, u64); 15] {
    let row = words(rows.next_multiple_of(64));
    let width = u64::from(vectors.div_ceil(4)) * 4;
    [
        ("state of the clusters", STATE_BYTES),
        ("lengths of vectors", words(vectors as usize)),
        ("embedding", row.saturating_mul(width)),
        ("centres", words(clusters).saturating_mul(width)),
        ("distances to centres", row),
        ("clusters of rows", row),
        ("candidates", 16 * MOST_RUNS as u64),
        ("keys", row),
        ("spare keys", row),
        ("rows by cluster", row),
        ("spare rows", row),
        ("digit counts", words(count_words(rows))),
        ("keys of choice", row),
        ("rows given", words(rows.div_ceil(32))),
        ("chosen rows", words(clusters)),
    ]
}

#[derive(Debug)]
pub(super) struct ClusterBuffers {
    pub clusters: wgpu::Buffer,
    vector_scales: wgpu::Buffer,
    pub embedding: wgpu::Buffer,
    pub centres: wgpu::Buffer,
    distances: wgpu::Buffer,
    pub assigned: wgpu::Buffer,
    candidates: wgpu::Buffer,
    keys: wgpu::Buffer,
    spare_keys: wgpu::Buffer,
    rows: wgpu::Buffer,
    /// After [`KMeans::record_order`] the rows in the order of choice.
    pub spare_rows: wgpu::Buffer,
    counts: wgpu::Buffer,
    pub order_keys: wgpu::Buffer,
    pub taken: wgpu::Buffer,
    pub kept: wgpu::Buffer,
}

impl ClusterBuffers {
    pub fn allocate(device: &wgpu::Device, rows: usize, clusters: usize, vectors: u32) -> Self {
        let [
            clusters,
            vector_scales,
            embedding,
            centres,
            distances,
            assigned,
            candidates,
            keys,
            spare_keys,
            rows,
            spare_rows,
            counts,
            order_keys,
            taken,
            kept,
        ] = sizes(rows, clusters, vectors)
            .map(|(label, size)| make(device, label, size, wgpu::BufferUsages::STORAGE));
        Self {
            clusters,
            vector_scales,
            embedding,
            centres,
            distances,
            assigned,
            candidates,
            keys,
            spare_keys,
            rows,
            spare_rows,
            counts,
            order_keys,
            taken,
            kept,
        }
    }

    /// The buffer of this name, unless it is the selection's.
    fn named(&self, name: &str) -> Option<&wgpu::Buffer> {
        Some(match name {
            "clusters" => &self.clusters,
            "vector_scales" => &self.vector_scales,
            "embedding" => &self.embedding,
            "centres" => &self.centres,
            "distances" => &self.distances,
            "assigned" => &self.assigned,
            "candidates" => &self.candidates,
            "order_keys" => &self.order_keys,
            "taken" => &self.taken,
            _ => return None,
        })
    }

    /// Every buffer that kernels write, for tests to poison.
    #[cfg(all(test, feature = "twin"))]
    pub fn written(&self) -> [&wgpu::Buffer; 12] {
        [
            &self.vector_scales,
            &self.embedding,
            &self.centres,
            &self.distances,
            &self.candidates,
            &self.keys,
            &self.spare_keys,
            &self.rows,
            &self.spare_rows,
            &self.counts,
            &self.order_keys,
            &self.kept,
        ]
    }
}

/// The kernels, bound to the workspace of a selection and to buffers of their own.
#[derive(Debug)]
pub(super) struct KMeans {
    pub buffers: ClusterBuffers,
    norms: BoundKernel,
    embedding: BoundKernel,
    seeds: BoundKernel,
    choose: BoundKernel,
    assign: PiecedKernel,
    by_cluster: RadixSort,
    means: BoundKernel,
    settle: BoundKernel,
    order_keys: BoundKernel,
    medoids: BoundKernel,
    by_choice: RadixSort,
    runs: u32,
    vectors: u32,
    /// Work of 64 rows with a centre.
    of_centre: u64,
}

/// What kernels are bound to.
struct Binding<'a> {
    binder: &'a Binder<'a>,
    buffers: &'a ClusterBuffers,
    /// Rows grouped by their cluster, with the cluster for a key.
    grouped: KeyedRows<'a>,
}

impl Binding<'_> {
    fn bind(
        &self,
        spec: &KernelSpec,
        constants: &[(&'static str, f64)],
        piece: &[(&str, wgpu::BufferBinding<'_>)],
    ) -> BoundKernel {
        let names = [
            "clusters",
            "vector_scales",
            "embedding",
            "centres",
            "distances",
            "assigned",
            "candidates",
            "order_keys",
            "taken",
        ];
        let own = |name: &'static str| Some((name, self.buffers.named(name)?));
        let own = names.into_iter().filter_map(own);
        let grouped = [
            ("cluster_of", self.grouped.keys),
            ("members", self.grouped.rows),
            ("stored", &self.binder.workspace.vectors),
        ];
        let given: Vec<_> = own
            .chain(grouped)
            .map(|(name, buffer)| (name, buffer.as_entire_buffer_binding()))
            .chain(piece.iter().cloned())
            .collect();
        self.binder.bind_with(spec, constants, &given)
    }
}

impl KMeans {
    /// For pools of up to `rows` rows and so many clusters.
    pub fn new(binder: &Binder<'_>, rows: usize, clusters: usize) -> Self {
        let vectors = binder.options().vectors;
        let buffers = ClusterBuffers::allocate(binder.device(), rows, clusters, vectors);
        let pair = |keys, rows| KeyedRows { keys, rows };
        let (first, second) = (
            pair(&buffers.keys, &buffers.rows),
            pair(&buffers.spare_keys, &buffers.spare_rows),
        );
        // Rows that are not valid have a cluster of their own.
        let passes = RadixSort::passes_for(clusters + 1);
        let grouped = if passes == 2 { second } else { first };
        let binding = Binding {
            binder,
            buffers: &buffers,
            grouped,
        };
        let bind = |spec: &KernelSpec| binding.bind(spec, &[], &[]);
        let of_centre = 64 * 4 * u64::from(vectors.div_ceil(4));
        let assign = &table::CLUSTER_ASSIGN;
        let pieces = pieces(binder, rows, of_centre * clusters as u64);
        let device = binder.device();
        let runs = runs(rows);
        let of_runs = [("runs", f64::from(runs))];
        let sort =
            |keys, passes| RadixSort::new(binder, keys, &buffers.counts, [first, second], passes);
        Self {
            norms: bind(&table::VECTOR_NORMS),
            embedding: bind(&table::EMBEDDING),
            seeds: bind(&table::CLUSTER_SEEDS),
            choose: binding.bind(&table::CLUSTER_CHOOSE, &of_runs, &[]),
            assign: PiecedKernel::bound_by(device, assign, pieces, |piece| {
                binding.bind(assign, &[], &[("piece", piece)])
            }),
            by_cluster: sort(&buffers.assigned, passes),
            means: bind(&table::CLUSTER_MEANS),
            settle: bind(&table::CLUSTER_SETTLE),
            order_keys: bind(&table::MEDOID_KEYS),
            medoids: bind(&table::MEDOIDS),
            by_choice: sort(&buffers.order_keys, 4),
            runs,
            vectors,
            of_centre,
            buffers,
        }
    }

    /// What a call starts from.
    pub fn clear(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.clear_buffer(&self.buffers.clusters, 0, None);
        encoder.clear_buffer(&self.buffers.assigned, 0, None);
        encoder.clear_buffer(&self.buffers.kept, 0, None);
    }

    /// The embedding by the vectors that a selection left.
    pub fn record_embedding(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.norms.record_groups(pass, [self.vectors, 1, 1]);
        self.embedding.record(pass, rows);
    }

    /// Centres, and the cluster of every row.
    pub fn record_clusters(&self, pass: &mut Recorder<'_, '_>, rows: u32, clusters: u32) {
        for _ in 0..clusters {
            self.seeds.record_groups(pass, [self.runs, 1, 1]);
            self.choose.record(pass, rows);
        }
        let work = self.of_centre * u64::from(clusters);
        for _ in 0..ITERATIONS {
            self.assign.record(pass, rows, 1, work);
            self.by_cluster.record(pass, rows);
            self.means.record(pass, clusters);
            self.settle.record(pass, rows);
        }
        self.assign.record(pass, rows, 1, work);
        self.by_cluster.record(pass, rows);
    }

    /// All rows in the order of choice.
    pub fn record_order(&self, pass: &mut Recorder<'_, '_>, rows: u32, clusters: u32) {
        self.order_keys.record(pass, rows);
        self.medoids.record(pass, clusters);
        self.by_choice.record(pass, rows);
    }
}

/// Ranges of rows, of which 64 take `work` to find their centres.
fn pieces(binder: &Binder<'_>, rows: usize, work: u64) -> Vec<Piece> {
    let most = binder.workspace.sizes.piece_work;
    Piece::along(0, rows.div_ceil(64), work, most)
}
