//! Medoids in two levels against the twins of each level, to the row.

use std::io::Cursor;
use std::path::Path;
use std::sync::OnceLock;

use gstds::adapter::{Gpu, open};
use gstds::{Keep, Options, Order, Rule, twin};
use gstds_data::Silent;
use gstds_data::matrix::{FloatKind, Matrix, MatrixLayout, StoredType};

use super::*;
use crate::plan::{DevicePlan, PoolPlan};
use crate::pool::Pool;
use crate::request::{CoverageRequest, SelectRequest};

const WIDTH: usize = 12;
const SEED: u64 = 11;

fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| open(&Default::default()).expect("tests need an adapter"))
}

/// Three directions of 48, 45 and 42 rows; row i is of the (i mod 3)-th of three groups of its
/// direction.
fn rows() -> Vec<f32> {
    let mut state = 5_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let mut rows = Vec::new();
    for (direction, count) in [(0, 48), (1, 45), (2, 42)] {
        for row in 0..count {
            let group = 3 + 3 * direction + row % 3;
            let value = |column| match column {
                _ if column == direction => 1.0,
                _ if column == group => 0.5,
                _ => 0.0,
            };
            rows.extend((0..WIDTH).map(|column| value(column) + 0.05 * noise()));
        }
    }
    rows
}

fn select(rows: &[f32], count: usize, already: &[u32]) -> (Vec<u32>, gstds::Status) {
    let layout = MatrixLayout {
        start: 0,
        dtype: StoredType::little(FloatKind::F32),
        fortran_order: false,
        rows: rows.len() / WIDTH,
        features: WIDTH,
    };
    let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    let matrix = Matrix::new(Path::new("memory"), Box::new(Cursor::new(bytes)), layout);
    let mut pool = Pool::new(matrix);
    let mut request = SelectRequest::new(Keep::Count(count));
    request.options = Options::gstds().order(Order::Rank).seed(SEED);
    request.coverage = Some(CoverageRequest {
        vectors: Some(2),
        already: already.to_vec(),
        ..CoverageRequest::default()
    });
    let plan = PoolPlan::new(&request, pool.layout(), None).unwrap();
    let mut device = DevicePlan::new(gpu(), &plan).unwrap();
    assert_eq!(device.most_clustered, 1 << 34);
    device.most_clustered = 0;
    let found = device.select(&mut pool, &mut Silent).unwrap();
    let status = found.statuses[0].unwrap();
    assert_eq!((found.kept.len(), status.kept as usize), (count, count));
    (found.kept, status)
}

/// The clusters of rows and their medoids, by the twins.
fn twins(rows: &[f32], clusters: usize, seed: u64) -> (Vec<u32>, Vec<u32>) {
    let options = Options::gstds().rule(Rule::Signed).vectors(2);
    let (unit, valid) = twin::normalize(rows, WIDTH);
    let similarity = twin::similarity(&unit, WIDTH);
    let operator = twin::laplacian(&similarity, &valid, &options, clusters);
    let embedding = twin::spectral_embedding(&operator, 2);
    let found = twin::k_means(&embedding, 2, &valid, clusters, seed, 24);
    let medoids = twin::medoids(&embedding, 2, &found, &[]);
    (found.assigned, medoids[..clusters].to_vec())
}

#[test]
fn each_level_is_the_twins() {
    let rows = rows();
    let (coarse, _) = twins(&rows, 3, SEED);
    let of_cluster = |cluster: u32| {
        let places: Vec<u32> = (0..135)
            .filter(|&at| coarse[at as usize] == cluster)
            .collect();
        let values = places
            .iter()
            .flat_map(|&at| &rows[at as usize * WIDTH..][..WIDTH]);
        let values: Vec<f32> = values.copied().collect();
        let (_, medoids) = twins(&values, 3, part_seed(SEED, cluster as usize + 1));
        medoids
            .into_iter()
            .map(move |at| places[at as usize])
            .collect::<Vec<u32>>()
    };
    let lists: Vec<Vec<u32>> = (0..3).map(of_cluster).collect();
    let (kept, status) = select(&rows, 9, &[]);
    assert_eq!(kept, merged(&lists));
    assert!(status.steps > 0 && status.valid == 135, "{status:?}");
    // One row of each of the nine groups.
    let mut groups: Vec<(u32, u32)> = kept.iter().map(|&row| group(row)).collect();
    groups.sort_unstable();
    groups.dedup();
    assert_eq!(groups.len(), 9, "{kept:?}");
}

/// Direction and group of a row.
fn group(row: u32) -> (u32, u32) {
    match row {
        0..48 => (0, row % 3),
        48..93 => (1, (row - 48) % 3),
        _ => (2, (row - 93) % 3),
    }
}

#[test]
fn rows_chosen_before_and_rows_without_a_direction_keep_their_meaning() {
    let mut rows = rows();
    rows[130 * WIDTH..132 * WIDTH].fill(0.0);
    // Of two groups of the first direction.
    let (kept, status) = select(&rows, 7, &[0, 1]);
    assert_eq!(status.valid, 133);
    let mut groups: Vec<(u32, u32)> = kept.iter().map(|&row| group(row)).collect();
    groups.sort_unstable();
    groups.dedup();
    assert_eq!(groups.len(), 7, "{kept:?}");
    assert!(!groups.contains(&(0, 0)) && !groups.contains(&(0, 1)));
    // More rows than are left with a direction: those without come last.
    let (kept, _) = select(&rows, 132, &[0, 1]);
    assert_eq!(kept[131], 130);
    let mut sorted = kept.clone();
    sorted.sort_unstable();
    let expected: Vec<u32> = (2..135).filter(|&row| row != 131).collect();
    assert_eq!(sorted, expected);
    // All alike: in one cluster, so at once.
    let (kept, status) = select(&[0.5; 20 * WIDTH], 5, &[]);
    assert_eq!((kept, status.steps), (vec![0, 4, 8, 12, 16], 0));
}

fn clusters(sizes: &[(usize, usize)]) -> Vec<Cluster> {
    let cluster = |&(rows, before): &(usize, usize)| Cluster {
        places: (0..rows as u32).collect(),
        rows: RowSet::Range(0..rows),
        before,
        keep: 0,
    };
    sizes.iter().map(cluster).collect()
}

#[test]
fn shares_follow_sizes_and_count_rows_chosen_before() {
    let shares = |sizes: &[(usize, usize)], keep| {
        let mut groups = clusters(sizes);
        share(&mut groups, keep);
        groups
            .iter()
            .map(|group| group.keep)
            .collect::<Vec<usize>>()
    };
    assert_eq!(shares(&[(50, 0), (30, 0), (20, 0)], 10), [5, 3, 2]);
    assert_eq!(shares(&[(50, 2), (30, 0), (20, 0)], 8), [3, 3, 2]);
    // The first has more than its share; the others divide the rest by their sizes.
    assert_eq!(shares(&[(50, 20), (30, 0), (20, 0)], 5), [0, 3, 2]);
    // All that there is.
    assert_eq!(shares(&[(50, 40), (3, 0), (2, 0)], 15), [10, 3, 2]);
    assert_eq!(shares(&[(5, 0), (3, 0)], 9), [5, 3]);
}

#[test]
fn first_rows_hold_of_each_cluster() {
    let lists = [vec![1, 2, 3, 4], vec![], vec![9, 8]];
    assert_eq!(merged(&lists), [1, 9, 2, 3, 8, 4]);
}
