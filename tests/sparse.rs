//! The graph of nearest neighbours: lists, sparse rows, isolated rows, and what is selected by it.

mod support;

use gstds::{Affinity, Flags, Keep, Laplacian, Options, Order, Rule, Solver, twin};
use support::{Noise, Run, overlap, run};

fn knn(neighbours: u32) -> Options {
    Options::default()
        .affinity(Affinity::Knn)
        .neighbours(neighbours)
        .rule(Rule::Signed)
        .order(Order::Rank)
}

/// The rows whose bits are set in each row of a buffer.
fn lists(found: &Run, name: &str) -> Vec<Vec<u32>> {
    let leading = found.rows.next_multiple_of(64);
    let words: Vec<u32> = found.buffer(name, found.rows * leading / 32);
    let set = |line: &[u32]| -> Vec<u32> {
        let bit = |j: &u32| line[*j as usize / 32] >> (j % 32) & 1 == 1;
        (0..leading as u32).filter(bit).collect()
    };
    words.chunks(leading / 32).map(set).collect()
}

fn similarities(data: &[f32], columns: usize) -> (Vec<f64>, Vec<bool>) {
    let (unit, valid) = twin::normalize(data, columns);
    (twin::similarity(&unit, columns), valid)
}

/// Whether rounding cannot change which rows are the k nearest.
fn is_separated(line: &[f64], own: usize, chosen: &[u32]) -> bool {
    let is_chosen = |j: &usize| chosen.contains(&(*j as u32));
    let inside = chosen.iter().map(|j| line[*j as usize]);
    let outside = (0..line.len()).filter(|j| *j != own && !is_chosen(j));
    let last = inside.fold(f64::INFINITY, f64::min);
    let next = outside.map(|j| line[j]).fold(f64::NEG_INFINITY, f64::max);
    last - next > 1e-6
}

#[test]
fn neighbours_are_the_most_similar_rows() {
    for (rows, k) in [(5, 15), (33, 1), (64, 15), (65, 64), (257, 15), (300, 40)] {
        let data = Noise(rows as u64).signed(rows, 24);
        let found = run(&data, 24, &knn(k), Keep::Count(2));
        let (similarity, valid) = similarities(&data, 24);
        let expected = twin::neighbours(&similarity, &valid, k as usize);
        let mut compared = 0;
        for (i, nearest) in lists(&found, "chosen").into_iter().enumerate() {
            assert_eq!(
                nearest.len(),
                (k as usize).min(rows - 1),
                "{rows} rows, row {i}"
            );
            if is_separated(&similarity[i * rows..(i + 1) * rows], i, &expected[i]) {
                assert_eq!(nearest, expected[i], "{rows} rows, {k} neighbours: row {i}");
                compared += 1;
            }
        }
        assert!(
            compared * 10 >= rows * 9,
            "{compared} of {rows} rows compared"
        );
    }
}

/// Eight copies of each row: which of them are neighbours is decided by row number alone.
#[test]
fn ties_between_neighbours_go_to_the_lower_row() {
    let base = Noise(41).signed(37, 24);
    let data: Vec<f32> = (0..296)
        .flat_map(|i| base[i % 37 * 24..][..24].to_vec())
        .collect();
    for k in [3, 7, 12, 20] {
        let found = run(&data, 24, &knn(k), Keep::Count(70));
        let (similarity, valid) = similarities(&data, 24);
        let expected = twin::neighbours(&similarity, &valid, k as usize);
        assert_eq!(lists(&found, "chosen"), expected, "{k} neighbours");
        assert_eq!(
            lists(&found, "edges"),
            twin::edges(&expected),
            "{k} neighbours"
        );
    }
}

#[test]
fn sparse_rows_hold_the_edges_in_order() {
    for (rows, k) in [(3, 1), (4, 15), (63, 5), (64, 15), (65, 15), (200, 64)] {
        let mut data = Noise(rows as u64 + 7).signed(rows, 24);
        if rows > 40 {
            data[30 * 24] = f32::NAN;
        }
        let found = run(&data, 24, &knn(k), Keep::Count(2));
        let (similarity, valid) = similarities(&data, 24);
        let edges = twin::edges(&lists(&found, "chosen"));
        assert_eq!(
            lists(&found, "edges"),
            edges,
            "an edge where either chose the other"
        );
        let starts: Vec<u32> = found.buffer("row_starts", rows + 1);
        assert_eq!(starts, twin::offsets(&edges), "{rows} rows, {k} neighbours");
        let (affinity, sums) = twin::entries(&similarity, &valid, &edges);
        let entries: Vec<[u32; 2]> = found.buffer("entries", starts[rows] as usize);
        let row_sums: Vec<f32> = found.buffer("row_sum", rows);
        for (i, line) in edges.iter().enumerate() {
            let own = &entries[starts[i] as usize..starts[i + 1] as usize];
            assert!((f64::from(row_sums[i]) - sums[i]).abs() < 1e-5 * f64::from(k));
            for (entry, column) in own.iter().zip(line) {
                let is_loop = entry[0] == i as u32;
                assert!(entry[0] == *column || is_loop && sums[i] == 0.0);
                let weight = f64::from(f32::from_bits(entry[1]));
                let expected = affinity[i * rows + entry[0] as usize];
                assert!(
                    (weight - expected).abs() < 2e-6,
                    "{rows} rows: {i} {column}"
                );
            }
        }
    }
}

/// Rows along a curve, with noise: one component, and one direction that stands out.
fn curve(rows: usize, columns: usize) -> Vec<f32> {
    let mut noise = Noise(rows as u64);
    let places: Vec<f32> = (0..rows).map(|_| noise.next()).collect();
    (0..rows * columns)
        .map(|at| 1.2 + (3.0 * places[at / columns] + (at % columns) as f32).cos() + noise.next())
        .collect()
}

#[test]
fn selections_agree_with_float64() {
    for rows in [257, 1000] {
        let data = curve(rows, 64);
        for laplacian in Laplacian::ALL {
            let options = knn(15).laplacian(*laplacian);
            let keep = Keep::Count(rows / 4);
            let found = run(&data, 64, &options, keep);
            let expected = twin::select(&data, 64, &options, keep).unwrap();
            let label = format!("{rows} rows, {laplacian}: {:?}", found.status);
            let lambda2 = f64::from(found.status.lambda2);
            assert!(
                (lambda2 / expected.lambda2 - 1.0).abs() < 1e-3,
                "{label} {}",
                expected.lambda2
            );
            assert!(overlap(&found.kept, &expected.kept) >= 0.99, "{label}");
            assert!(found.status.flags().is_empty(), "{label}");
        }
    }
}

/// A row opposite to all others has no edge of positive weight.
#[test]
fn isolated_rows_are_components_of_their_own() {
    let mut noise = Noise(43);
    let mut data = noise.features(70, 16);
    data.iter_mut().for_each(|x| *x += 0.1);
    data[3 * 16..][..16].fill(-1.0);
    for laplacian in Laplacian::ALL {
        let options = knn(5).laplacian(*laplacian);
        let found = run(&data, 16, &options, Keep::Count(10));
        let status = found.status;
        let degrees: Vec<f32> = found.buffer("degree", 70);
        let sums: Vec<f32> = found.buffer("row_sum", 70);
        assert_eq!((sums[3], degrees[3]), (0.0, 1.0), "{laplacian}");
        assert!(
            status.flags().contains(Flags::DISCONNECTED),
            "{laplacian}: {status:?}"
        );
        assert!(found.scores().iter().all(|x| x.is_finite()));
        assert_eq!(found.kept.len(), 10);
    }
}

#[test]
fn orthogonal_rows_have_no_edges_and_identical_rows_are_alike() {
    let rows = 48;
    let mut data = vec![0.0; rows * rows];
    (0..rows).for_each(|i| data[i * rows + i] = 1.0);
    let found = run(&data, rows, &knn(15), Keep::Count(12));
    assert_eq!(found.kept, (0..12).map(|i| i * 4).collect::<Vec<u32>>());
    assert!(found.status.flags().contains(Flags::NO_EDGES));
    let found = run(&vec![1.0; 64 * 700], 700, &knn(15), Keep::Count(16));
    assert_eq!(found.kept, (0..16).map(|i| i * 4).collect::<Vec<u32>>());
    assert!(found.status.flags().contains(Flags::ALL_ALIKE));
}

#[test]
fn two_components_are_told_apart() {
    let mut noise = Noise(47);
    let data: Vec<f32> = (0..90)
        .flat_map(|i| {
            let mut row = [0.0f32; 12];
            let half = i % 3 / 2 * 6;
            row[half..half + 6]
                .iter_mut()
                .for_each(|x| *x = 0.2 + noise.next());
            row
        })
        .collect();
    for laplacian in Laplacian::ALL {
        let options = knn(29).laplacian(*laplacian);
        let found = run(&data, 12, &options, Keep::Count(20));
        assert!(
            found.status.flags().contains(Flags::DISCONNECTED),
            "{laplacian}"
        );
        let scores = found.scores();
        let side = |i: usize| scores[i] > 0.0;
        assert_ne!(side(0), side(2), "{laplacian}: opposite signs");
        assert!(
            (0..90).all(|i| side(i) == side(i % 3 / 2 * 2)),
            "{laplacian}"
        );
    }
}

#[test]
fn dirty_rows_are_nobodys_neighbours() {
    let mut data = Noise(53).features(130, 16);
    for row in [0, 64, 129] {
        data[row * 16..][..16].fill(0.0);
    }
    data[77 * 16] = f32::INFINITY;
    let found = run(&data, 16, &knn(15), Keep::Count(30));
    let dirty = [0u32, 64, 77, 129];
    for (i, line) in lists(&found, "edges").iter().enumerate() {
        assert_eq!(line.is_empty(), dirty.contains(&(i as u32)), "row {i}");
        assert!(dirty.iter().all(|d| !line.contains(d)), "row {i}");
    }
    assert_eq!(found.order()[126..], dirty);
}

/// Pairs of mutual neighbours have an eigenvalue of −1 each, as large as the wanted one.
#[test]
fn power_iteration_is_not_drawn_to_negative_eigenvalues() {
    let (pairs, columns) = (20, 16);
    let mut noise = Noise(41);
    let base = noise.features(pairs, columns);
    let data: Vec<f32> = (0..2 * pairs)
        .flat_map(|i| base[i / 2 * columns..][..columns].to_vec())
        .map(|x| x + 0.01 * noise.next())
        .collect();
    for laplacian in Laplacian::ALL {
        let options = knn(1).solver(Solver::Power).laplacian(*laplacian);
        let status = run(&data, columns, &options, Keep::Count(10)).status;
        assert!(status.lambda2.abs() < 1e-3, "{laplacian}: {status:?}");
        assert!(
            status.flags().contains(Flags::DISCONNECTED),
            "{laplacian}: {status:?}"
        );
        assert!(status.residual < 1e-4, "{laplacian}: {status:?}");
    }
}
