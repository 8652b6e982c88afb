//! Every path, affinity and storage, from views and from listed rows of a bank.

use crate::data::{device, expected, floats, read, values};
use burn::tensor::{Int, Tensor, TensorData};
use gstds::{Affinity, Keep, Laplacian, Options, Path, Shape, Storage, select_blocking};
use gstds_burn::FiedlerSelector;

fn cases() -> Vec<Options> {
    let on = |path| Options::gstds().path(path);
    let with = |affinity| on(Path::Dense).affinity(affinity);
    vec![
        on(Path::Dense),
        on(Path::Fused),
        on(Path::LowRank),
        on(Path::LowRank).laplacian(Laplacian::Un),
        with(Affinity::Exp),
        with(Affinity::Knn),
        on(Path::Dense).storage(Storage::Half),
    ]
}

#[test]
fn every_path_reads_tensors_as_it_reads_plain_buffers() {
    let (bank_rows, width, keep) = (400, 40, Keep::Count(30));
    let burn = &device().burn;
    let data = TensorData::new(values(bank_rows, width, 9), [bank_rows, width]);
    let bank = Tensor::<2>::from_data(data, burn);
    let view = bank.clone().slice([50..200, 3..37]);
    let order: Vec<i32> = (0..150).map(|i| (i * 77 + 5) % bank_rows as i32).collect();
    let order = Tensor::<1, Int>::from_data(TensorData::new(order, [150]), burn);
    let gathered = bank.clone().select(0, order.clone());
    for options in cases() {
        let selector = FiedlerSelector::new(device(), &options).unwrap();
        let kept = read(selector.select(&view, keep).unwrap());
        assert_eq!(kept, expected(&view, &options, keep), "{options:?}");

        let picked = selector.pick_rows(&bank, &order, keep, 0).unwrap();
        let status = picked.read_status().unwrap();
        assert_eq!([status.rows, status.kept], [150, 30], "{options:?}");
        assert!(status.steps > 0, "{options:?}");
        let wanted = expected(&gathered, &options, keep);
        assert_eq!(read(picked.kept), wanted, "{options:?}");
    }
}

/// All rows by what the kernel crate scores them, descending, ties by position.
fn ranked(features: &Tensor<2>, options: &Options) -> Vec<u32> {
    let [rows, width] = features.dims();
    let data = floats(features);
    let (gpu, shape) = (
        &device().gpu,
        Shape {
            rows,
            features: width,
        },
    );
    let keep = Keep::Count(1);
    let selected = select_blocking(&gpu.device, &gpu.queue, options, &data, shape, keep);
    let scores = selected.unwrap().scores;
    let mut order: Vec<u32> = (0..rows as u32).collect();
    let score = |row: &u32| scores[*row as usize];
    order.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
    order
}

#[test]
fn all_rows_come_in_the_order_of_their_scores_on_every_path() {
    let (rows, width) = (150, 40);
    let data = TensorData::new(values(rows, width, 9), [rows, width]);
    let features = Tensor::<2>::from_data(data, &device().burn);
    for options in cases() {
        let selector = FiedlerSelector::new(device(), &options).unwrap();
        let picked = selector.pick(&features, Keep::Count(30), 0).unwrap();
        assert_eq!(
            read(picked.order),
            ranked(&features, &options),
            "{options:?}"
        );
    }
}

/// One line of scores, or one for each vector, as the kernel crate reads them back.
#[test]
fn scores_come_a_line_for_each_vector() {
    let (rows, width) = (90, 24);
    let data = TensorData::new(values(rows, width, 5), [rows, width]);
    let features = Tensor::<2>::from_data(data, &device().burn);
    let (gpu, keep) = (&device().gpu, Keep::Count(20));
    let shape = Shape {
        rows,
        features: width,
    };
    for vectors in [1, 3] {
        let options = Options::gstds().vectors(vectors).path(Path::Dense);
        let selector = FiedlerSelector::new(device(), &options).unwrap();
        // Used at once, before the selection has run.
        let doubled = selector.pick(&features, keep, 0).unwrap().scores * 2.0;
        assert_eq!(doubled.dims(), [vectors as usize, rows]);
        let found: Vec<f32> = floats(&doubled).iter().map(|x| x / 2.0).collect();
        let data = floats(&features);
        let selected = select_blocking(&gpu.device, &gpu.queue, &options, &data, shape, keep);
        let selected = selected.unwrap();
        assert_eq!(found[..rows], selected.scores);
        assert_eq!(selected.vectors.len(), if vectors == 1 { 0 } else { 3 });
        if vectors > 1 {
            assert_eq!(found, selected.vectors.concat());
        }
    }
}

#[test]
fn rows_without_direction_come_last_and_rows_all_alike_in_their_own_order() {
    let selector = FiedlerSelector::new(device(), &Options::gstds()).unwrap();
    let order = |values: Vec<f32>| {
        let data = TensorData::new(values, [12, 4]);
        let features = Tensor::<2>::from_data(data, &device().burn);
        let picked = selector.pick(&features, Keep::Count(5), 0).unwrap();
        read(picked.order)
    };
    let mut some_zero = values(12, 4, 3);
    some_zero[4..8].fill(0.0);
    some_zero[20..24].fill(0.0);
    assert_eq!(order(some_zero)[10..], [1, 5]);
    assert_eq!(order(vec![1.0; 48]), (0..12).collect::<Vec<u32>>());
}

#[test]
fn a_pool_is_selected_from_without_all_pairs_of_its_rows() {
    let (rows, width, keep) = (20_000, 16, Keep::Ratio(0.1));
    let data = TensorData::new(values(rows, width, 4), [rows, width]);
    let pool = Tensor::<2>::from_data(data, &device().burn);
    let options = Options::gstds();
    let selector = FiedlerSelector::new(device(), &options).unwrap();
    let kept = read(selector.select(&pool, keep).unwrap());
    assert_eq!(kept.len(), 2_000);
    assert_eq!(kept, expected(&pool, &options, keep));
}
