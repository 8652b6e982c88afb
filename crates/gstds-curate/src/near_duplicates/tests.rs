use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use image::{Rgb, RgbImage};
use proptest::prelude::*;

use super::*;
use crate::pool::RowSet;
use gstds::adapter::open;
use gstds_data::Silent;
use gstds_data::matrix::{FloatKind, Matrix, MatrixLayout, StoredType};

fn pool(rows: &[Vec<f32>]) -> Pool {
    let features = rows[0].len();
    let bytes: Vec<u8> = rows
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let layout = MatrixLayout {
        start: 0,
        dtype: StoredType::little(FloatKind::F32),
        fortran_order: false,
        rows: rows.len(),
        features,
    };
    Pool::new(Matrix::new(
        Path::new("memory"),
        Box::new(Cursor::new(bytes)),
        layout,
    ))
}

fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| open(&Default::default()).expect("tests need an adapter"))
}

fn search(threshold: f32, survivor: Survivor) -> DuplicateSearch {
    DuplicateSearch {
        survivor,
        ..DuplicateSearch::new(threshold)
    }
}

/// Survivors in parts that end at these rows.
fn of(rows: &[Vec<f32>], ends: &[usize], threshold: f32, survivor: Survivor) -> Vec<u32> {
    beside(rows, ends, threshold, survivor, &[])
}

/// The same where some rows were chosen before.
fn beside(
    rows: &[Vec<f32>],
    ends: &[usize],
    threshold: f32,
    survivor: Survivor,
    already: &[u32],
) -> Vec<u32> {
    let mut first = 0;
    let parts = ends.iter().map(|&end| PoolPart {
        rows: RowSet::Range(std::mem::replace(&mut first, end)..end),
        keep: 1,
        class: None,
    });
    let parts: Vec<PoolPart> = parts.collect();
    let on_host = Comparison {
        already,
        ..Comparison::on_host(search(threshold, survivor))
    };
    // The device compares parts of more rows than one.
    let on_device = Comparison {
        device: Some((gpu(), 1)),
        ..on_host
    };
    let [on_host, on_device] = [on_host, on_device].map(|comparison| {
        let found = find(&mut pool(rows), &parts, &comparison, &mut Silent);
        found.unwrap().survivors
    });
    assert_eq!(on_host, on_device);
    on_host
}

fn at(degrees: f32) -> Vec<f32> {
    vec![degrees.to_radians().cos(), degrees.to_radians().sin()]
}

#[test]
fn each_rule_has_its_survivor_and_invalid_rows_are_alone() {
    let rows = [
        at(0.0),
        vec![0.0, 0.0],
        at(90.0),
        at(5.0),
        vec![f32::NAN, 1.0],
        at(10.0),
        vec![0.0, 0.0],
        vec![f32::INFINITY, 1.0],
        vec![3e30, 0.0],
    ];
    let six = 6.0_f32.to_radians().cos();
    let (first, medoid) = (Survivor::First, Survivor::Medoid);
    // Row 5 is near row 3 alone, which belongs to row 0 or is itself in the middle of all.
    assert_eq!(of(&rows, &[9], six, first), [0, 1, 2, 0, 4, 5, 6, 7, 0]);
    assert_eq!(of(&rows, &[9], six, medoid), [3, 1, 2, 3, 4, 3, 6, 7, 3]);
    assert_eq!(of(&rows, &[5, 9], six, first), [0, 1, 2, 0, 4, 5, 6, 7, 8]);
    assert_eq!(of(&rows, &[9], 1.0, medoid), [0, 1, 2, 3, 4, 5, 6, 7, 0]);
    let without = find(
        &mut pool(&rows),
        &[],
        &Comparison::on_host(search(0.9, Survivor::Largest)),
        &mut Silent,
    );
    assert!(matches!(without, Err(Error::SurvivorWithoutImages { .. })));
}

#[test]
fn rows_chosen_before_survive_and_what_is_like_them_does_not() {
    let rows = [at(0.0), at(2.0), at(4.0), at(6.0), at(90.0), vec![0.0; 2]];
    let five = 5.0_f32.to_radians().cos();
    for survivor in [Survivor::First, Survivor::Medoid] {
        // The last row, and one of a later part.
        assert_eq!(
            beside(&rows, &[6], five, survivor, &[3]),
            [0, 3, 3, 3, 4, 5]
        );
        assert_eq!(
            beside(&rows, &[2, 6], five, survivor, &[3]),
            [0, 0, 3, 3, 4, 5]
        );
        // Two that are like each other, and one that is like the second alone.
        assert_eq!(
            beside(&rows, &[6], five, survivor, &[2, 1]),
            [1, 1, 2, 1, 4, 5]
        );
        let found = beside(&rows, &[6], five, survivor, &[0, 1, 5]);
        assert_eq!((found[0], found[1], found[3]), (0, 1, 1));
        assert!(found[2] < 2 && found[4..] == [4, 5], "{found:?}");
    }
}

/// 80 points of a quarter circle, each near the next: single links made one group of them.
#[test]
fn a_chain_is_no_group() {
    let rows: Vec<Vec<f32>> = (0..80).map(|step| at(step as f32 * 90.0 / 79.0)).collect();
    let threshold = 3.0_f32.to_radians().cos();
    for survivor in [Survivor::First, Survivor::Medoid] {
        let survivors = of(&rows, &[80], threshold, survivor);
        for (row, &survivor) in survivors.iter().enumerate() {
            let apart = row.abs_diff(survivor as usize);
            assert!(apart <= 2, "{row} in the group of {survivor}");
        }
        let groups = DuplicateGroups {
            threshold,
            survivors,
            copies: None,
        };
        let lists = groups.lists();
        assert!(
            lists.len() >= 16 && lists.iter().all(|list| list.len() <= 5),
            "{lists:?}"
        );
        // Survivors are not counted among the near-duplicates.
        let members: usize = lists.iter().map(Vec::len).sum();
        assert_eq!(groups.rows(), members - lists.len());
    }
}

#[test]
fn a_pool_is_searched_without_a_device() {
    let rows = vec![
        vec![1.0, 0.0],
        vec![0.0, 1.0],
        vec![2.0, 0.001],
        vec![0.0; 2],
    ];
    let found = near_duplicates(&mut pool(&rows), DuplicateSearch::new(0.99), &mut Silent).unwrap();
    assert_eq!(found.survivors, [0, 1, 0, 3]);
    assert_eq!(pool(&rows).valid_rows().unwrap(), [true, true, true, false]);
    for threshold in [0.0, -0.5, 1.01, f32::NAN] {
        let refused = near_duplicates(
            &mut pool(&rows),
            DuplicateSearch::new(threshold),
            &mut Silent,
        );
        assert!(
            matches!(refused, Err(Error::Threshold { .. })),
            "{threshold}"
        );
    }
}

/// Rows of a torus on which no two are near, all of them twice, and a group of more rows than a list
/// of neighbours has.
#[test]
fn on_the_device_each_row_finds_its_copy() {
    let rows = 4097;
    let turn = |at: usize| at as f32 * std::f32::consts::TAU / rows as f32;
    let row = |at: usize| {
        let of = if at < rows / 2 { at } else { at - rows / 2 };
        let (a, b) = (turn(of), turn(of * 64 % rows));
        match at {
            0..20 => vec![0.0, 0.0, 0.0, 1.0],
            _ => vec![a.cos(), a.sin(), b.cos(), b.sin()],
        }
    };
    let all: Vec<Vec<f32>> = (0..rows).map(row).collect();
    let found = of(&all, &[rows], 0.999_99, Survivor::Medoid);
    for (at, &survivor) in found.iter().enumerate() {
        let expected = match at {
            0..20 => 0,
            _ if at >= rows / 2 + 20 && at < rows / 2 * 2 => at - rows / 2,
            _ => at,
        };
        assert_eq!(survivor as usize, expected, "row {at}");
    }
}

#[test]
fn more_rows_than_can_be_compared_are_refused_before_they_are_read() {
    let search = search(0.99, Survivor::First);
    let rows = |count| pool(&vec![vec![1.0]; count]);
    let without = near_duplicates(&mut rows(MAX_HOST_COMPARED_ROWS + 1), search, &mut Silent);
    let message = without.unwrap_err().to_string();
    let expected = "pairs of 65537 rows, and at most 65536 rows are supported without a device";
    assert!(message.ends_with(expected), "{message}");
    let many = MAX_COMPARED_ROWS + 1;
    let message = near_duplicates_on(gpu(), &mut rows(many), search, &mut Silent);
    let message = message.unwrap_err().to_string();
    let expected = "pairs of 1048577 rows, and at most 1048576 rows are supported";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn many_rows_alike_are_one_group() {
    let rows = vec![vec![0.3, -0.4, 0.5]; 10 * groups::BLOCK + 7];
    for survivor in [Survivor::First, Survivor::Medoid] {
        let survivors = of(&rows, &[rows.len()], 1.0, survivor);
        assert!(survivors.iter().all(|&survivor| survivor == 0));
    }
}

#[test]
fn wide_rows_alike_are_found_and_zeros_are_not() {
    let value = |j: usize| ((j * 7919 % 1009) as f32).mul_add(1e-3, 0.5);
    let wide: Vec<f32> = (0..20_000).map(value).collect();
    let rows = [
        wide.clone(),
        wide.clone(),
        vec![0.7; 20_000],
        vec![0.7; 20_000],
    ];
    assert_eq!(of(&rows, &[4], 1.0, Survivor::Medoid), [0, 0, 2, 2]);
    let rows = [
        vec![0.0, 0.0],
        vec![1.0, 0.0],
        vec![0.0, 1.0],
        vec![0.0, 0.0],
    ];
    assert_eq!(of(&rows, &[4], 1e-6, Survivor::Medoid), [0, 1, 2, 3]);
}

/// Three tiles beside each other, of these colours' patterns.
fn strip(kinds: [u32; 3], scale: u32) -> RgbImage {
    RgbImage::from_fn(30 * scale, 10 * scale, |x, y| {
        let (x, y) = (x / scale, y / scale);
        let kind = kinds[(x / 10) as usize];
        let bright = ((x * (kind + 1) + y * (kind * 3 + 2)) / 7).is_multiple_of(2);
        let level = if bright { 250 - 20 * kind as u8 } else { 5 };
        Rgb([level, level / 2, 255 - level])
    })
}

#[test]
fn images_are_looked_at_as_a_whole_and_byte_by_byte() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, picture: &RgbImage| picture.save(folder.path().join(name)).unwrap();
    save("a.png", &strip([1, 2, 3], 2));
    save("large.png", &strip([1, 2, 3], 6));
    std::fs::copy(folder.path().join("a.png"), folder.path().join("copy.png")).unwrap();
    save(
        "soft.png",
        &image::imageops::blur(&strip([1, 2, 3], 7), 6.0),
    );
    // It shares the middle square alone.
    save("other.png", &strip([6, 2, 5], 2));
    let names = [
        "a.png",
        "large.png",
        "copy.png",
        "soft.png",
        "other.png",
        "gone.png",
    ];
    // Their features, those of the middle squares, are all the same.
    let rows = vec![at(1.0); names.len()];
    let found = |survivor| {
        let mut pool = pool(&rows)
            .with_images(folder.path().into(), names.map(PathBuf::from).to_vec())
            .unwrap();
        let parts = [PoolPart {
            rows: RowSet::Range(0..names.len()),
            keep: 1,
            class: None,
        }];
        find(
            &mut pool,
            &parts,
            &Comparison::on_host(search(0.99, survivor)),
            &mut Silent,
        )
        .unwrap()
    };
    let first = found(Survivor::First);
    // What cannot be looked at is compared by its features.
    assert_eq!(first.survivors, [0, 0, 0, 0, 4, 0]);
    assert_eq!(first.copies, Some(vec![0, 1, 0, 3, 4, 5]));
    assert_eq!(first.copy_lists().unwrap(), [[0, 2]]);
    assert_eq!((first.rows(), first.exact_copies()), (4, Some(1)));
    assert_eq!(found(Survivor::Largest).survivors[..4], [3; 4]);
    let sharpest = found(Survivor::Sharpest).survivors;
    assert_eq!((sharpest[3], sharpest[4]), (sharpest[0], 4));
    assert_ne!(sharpest[3], 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Against every pair in float64, rows on a coarse grid so that no similarity is a near miss.
    #[test]
    fn rows_are_like_their_survivors_and_survivors_unlike_each_other(
        rows in prop::collection::vec(prop::collection::vec(-2_i8..=2, 3), 1..150),
        medoid: bool,
    ) {
        let threshold = 0.97_f64;
        let floats: Vec<Vec<f32>> =
            rows.iter().map(|row| row.iter().map(|&v| v.into()).collect()).collect();
        let rule = if medoid { Survivor::Medoid } else { Survivor::First };
        let survivors = of(&floats, &[rows.len()], threshold as f32, rule);
        let product = |a: &[i8], b: &[i8]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let near = |a: usize, b: usize| {
            let (x, y) = (&rows[a], &rows[b]);
            let norms = (product(x, x) * product(y, y)).sqrt();
            norms > 0.0 && product(x, y) / norms >= threshold
        };
        for (a, &survivor) in survivors.iter().enumerate() {
            let survivor = survivor as usize;
            prop_assert!(survivor == a || near(a, survivor), "{a} {survivor}");
            prop_assert_eq!(survivors[survivor] as usize, survivor);
            for (b, &other) in survivors.iter().enumerate().skip(a + 1) {
                let both_survive = survivor == a && other as usize == b;
                prop_assert!(!both_survive || !near(a, b), "{a} {b}");
            }
        }
    }
}
