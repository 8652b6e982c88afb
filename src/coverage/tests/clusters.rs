//! k-means over embeddings of the test's own, each kernel's result against what it should be for
//! what the kernel before it left.

use super::super::k_means::KMeans;
use super::*;
use crate::{
    Options, Rule,
    kernel::{Binder, Pipelines},
    params::{CallParams, fold_seed},
    recorder::Recorder,
    transfer::{read_back, wait},
    twin,
    workspace::{Workspace, WorkspaceSizes},
};

const SEED: u64 = 0x5_0000_0009;

fn read<T: bytemuck::Pod>(buffer: &wgpu::Buffer, count: usize) -> Vec<T> {
    let gpu = gpu();
    let what = "a test's buffer";
    let read = read_back(&gpu.device, &gpu.queue, what, buffer, count);
    wait(&gpu.device, what, read).unwrap()
}

fn write<T: bytemuck::Pod>(buffer: &wgpu::Buffer, data: &[T]) {
    gpu()
        .queue
        .write_buffer(buffer, 0, bytemuck::cast_slice(data));
}

struct Found {
    centres: Vec<f32>,
    assigned: Vec<u32>,
    order: Vec<u32>,
}

/// Clusters the rows of an embedding; rows of NaN are not valid.
fn cluster(embedding: &[f32], columns: usize, clusters: usize, already: &[u32]) -> Found {
    let gpu = gpu();
    let rows = embedding.len() / columns;
    let options = Options::default()
        .rule(Rule::Signed)
        .path(crate::Path::Dense)
        .vectors(columns as u32);
    let pipelines = Pipelines::new(&gpu.device, &options, None);
    let without_graph = Options::default().rule(Rule::Random);
    let shape = Shape { rows, features: 1 };
    let sizes = WorkspaceSizes::new(shape, &without_graph).unwrap();
    let workspace = pollster::block_on(Workspace::new(&gpu.device, sizes)).unwrap();
    let binder = Binder {
        pipelines: &pipelines,
        workspace: &workspace,
    };
    let k_means = KMeans::new(&binder, rows, clusters);
    for buffer in k_means.buffers.written() {
        write(buffer, &vec![0xffff_fff0_u32; buffer.size() as usize / 4]);
    }
    let valid: Vec<u32> = embedding
        .chunks(columns)
        .map(|row| u32::from(!row[0].is_nan()))
        .collect();
    let count = valid.iter().sum::<u32>();
    write(&workspace.valid, &valid);
    write(&workspace.state, &[0, 0, count]);
    let width = columns.next_multiple_of(4);
    let mut padded = vec![0.0f32; rows * width];
    for (to, from) in padded.chunks_mut(width).zip(embedding.chunks(columns)) {
        to[..columns].copy_from_slice(from);
    }
    let params = CallParams {
        rows: rows as u32,
        leading: sizes.leading as u32,
        kept: clusters as u32,
        seed: fold_seed(SEED),
        ..bytemuck::Zeroable::zeroed()
    };
    write(&workspace.params, &[params]);
    write(&k_means.buffers.embedding, &padded);
    let mut taken = vec![0u32; rows.div_ceil(32)];
    already
        .iter()
        .for_each(|row| taken[*row as usize / 32] |= 1 << (row % 32));
    write(&k_means.buffers.taken, &taken);
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    k_means.clear(&mut encoder);
    let mut pass = encoder.begin_compute_pass(&Default::default());
    let mut recorder = Recorder::pass(&mut pass);
    k_means.record_clusters(&mut recorder, rows as u32, clusters as u32);
    k_means.record_order(&mut recorder, rows as u32, clusters as u32);
    drop(pass);
    gpu.queue.submit([encoder.finish()]);
    let centres: Vec<f32> = read(&k_means.buffers.centres, clusters * width);
    Found {
        centres: centres
            .chunks(width)
            .flat_map(|centre| centre[..columns].to_vec())
            .collect(),
        assigned: read(&k_means.buffers.assigned, rows),
        order: read(&k_means.buffers.spare_rows, rows),
    }
}

fn squared(a: &[f32], b: &[f32]) -> f64 {
    let each = a.iter().zip(b).map(|(a, b)| f64::from(a - b));
    each.map(|d| d * d).sum()
}

fn unit_rows(noise: &mut Noise, rows: usize, columns: usize) -> Vec<f32> {
    let mut data = noise.signed(rows * columns);
    for row in data.chunks_mut(columns) {
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        row.iter_mut().for_each(|x| *x /= norm);
    }
    data
}

/// Rows lie with the nearest centre, centres in the middle of their rows once nothing moves, and the
/// order is the twin's for the same clusters.
#[test]
fn clusters_are_k_means() {
    let cases = [
        (10, 2, 3),
        (64, 3, 5),
        (65, 8, 16),
        (300, 32, 20),
        (1500, 17, 255),
        (1500, 4, 256),
        (2100, 9, 300),
        (2500, 5, 901),
    ];
    for (rows, columns, clusters) in cases {
        let mut data = unit_rows(&mut Noise(rows as u64), rows, columns);
        if rows > 64 {
            data[7 * columns..8 * columns].fill(f32::NAN);
            data[33 * columns..34 * columns].fill(f32::NAN);
        }
        let label = format!("{rows} x {columns}, {clusters}");
        let found = cluster(&data, columns, clusters, &[]);
        let centre = |cluster: usize| &found.centres[cluster * columns..(cluster + 1) * columns];
        let mut inertia = 0.0;
        for (row, entries) in data.chunks(columns).enumerate() {
            let own = found.assigned[row] as usize;
            if entries[0].is_nan() {
                assert_eq!(own, clusters, "{label}: row {row}");
                continue;
            }
            let nearest = (0..clusters).map(|c| squared(entries, centre(c)));
            let nearest = nearest.fold(f64::MAX, f64::min);
            let distance = squared(entries, centre(own));
            assert!(
                distance < nearest + 1e-5,
                "{label}: row {row}, {distance} of {nearest}"
            );
            inertia += distance;
        }
        let valid: Vec<bool> = data.chunks(columns).map(|row| !row[0].is_nan()).collect();
        let wide: Vec<f64> = data.iter().map(|x| f64::from(*x)).collect();
        let twin = twin::k_means(&wide, columns, &valid, clusters, SEED, 24);
        assert!(
            (inertia - twin.inertia).abs() <= 0.05 * twin.inertia + 1e-3,
            "{label}: inertia {inertia}, {} in f64",
            twin.inertia
        );
        let left = twin::KMeans {
            centres: found.centres.iter().map(|x| f64::from(*x)).collect(),
            assigned: found.assigned.clone(),
            inertia,
        };
        let already = [rows as u32 - 1];
        assert_order(&found.order, &left, &wide, columns, &[], &label);
        let given = cluster(&data, columns, clusters, &already);
        assert_eq!(
            given.assigned, found.assigned,
            "{label}: the same on every run"
        );
        assert_order(&given.order, &left, &wide, columns, &already, &label);
    }
}

/// Medoids by the size of their clusters, then rows by falling distance, up to rounding; then those
/// that are not valid, and those given.
fn assert_order(
    order: &[u32],
    left: &twin::KMeans,
    data: &[f64],
    columns: usize,
    already: &[u32],
    label: &str,
) {
    let mut all = order.to_vec();
    all.sort_unstable();
    assert_eq!(all, Vec::from_iter(0..order.len() as u32), "{label}");
    let clusters = left.centres.len() / columns;
    let own = |row: u32| left.assigned[row as usize] as usize;
    let distance = |row: u32| {
        let entries = data.chunks(columns).nth(row as usize).unwrap().iter();
        let centre = left.centres.chunks(columns).nth(own(row)).unwrap();
        let each = entries.zip(centre);
        each.map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
    };
    let mut members = vec![Vec::new(); clusters + 1];
    (0..order.len() as u32).for_each(|row| members[own(row)].push(row));
    let taken = |cluster: &Vec<u32>| cluster.iter().any(|row| already.contains(row));
    let open = members[..clusters].iter();
    let open = open.filter(|c| !c.is_empty() && !taken(c)).count();
    let (medoids, rest) = order.split_at(open);
    for (place, &row) in medoids.iter().enumerate() {
        let cluster = &members[own(row)];
        let least = cluster
            .iter()
            .map(|r| distance(*r))
            .fold(f64::MAX, f64::min);
        assert!(distance(row) < least + 1e-5, "{label}: medoid {row}");
        assert!(
            !taken(cluster),
            "{label}: medoid {row} of a cluster that has a row"
        );
        if let Some(&next) = medoids.get(place + 1) {
            let key = |row: u32| (std::cmp::Reverse(members[own(row)].len()), row);
            assert!(key(row) < key(next), "{label}: place {place}");
        }
    }
    let ordinary = |row: &u32| !already.contains(row) && own(*row) < clusters;
    let count = rest.iter().take_while(|row| ordinary(row)).count();
    for pair in rest[..count].windows(2) {
        let falls = distance(pair[0]) > distance(pair[1]) - 1e-5;
        assert!(falls, "{label}: {pair:?}");
    }
    let invalid: Vec<u32> = members[clusters]
        .iter()
        .copied()
        .chain(already.iter().copied())
        .collect();
    assert_eq!(rest[count..], invalid, "{label}");
}

/// Groups that no start can mix up: the twin's clusters and medoids, to the row.
#[test]
fn clear_clusters_are_the_twins() {
    let (data, labels) = Noise(21).groups(&[30, 25, 20, 15, 10], 8, 0.05);
    let found = cluster(&data, 8, 5, &[]);
    let wide: Vec<f64> = data.iter().map(|x| f64::from(*x)).collect();
    let twin = twin::k_means(&wide, 8, &[true; 100], 5, SEED, 24);
    assert_eq!(found.assigned, twin.assigned);
    assert_eq!(found.order[..5], twin::medoids(&wide, 8, &twin, &[])[..5]);
    let sizes: Vec<usize> = found.order[..5]
        .iter()
        .map(|row| labels[*row as usize])
        .collect();
    assert_eq!(sizes, [0, 1, 2, 3, 4]);
}

/// Clusters without rows leave their places to the rows farthest from their centres.
#[test]
fn more_clusters_than_different_rows_still_give_distinct_rows() {
    let one = unit_rows(&mut Noise(22), 6, 4);
    let data = [&one[..], &one, &one, &one].concat();
    let found = cluster(&data, 4, 15, &[]);
    let mut first: Vec<u32> = found.order[..6].iter().map(|row| row % 6).collect();
    first.sort_unstable();
    assert_eq!(first, [0, 1, 2, 3, 4, 5], "one of each");
    assert!(
        found.order[..6].iter().all(|row| *row < 6),
        "the lowest of its copies"
    );
}
