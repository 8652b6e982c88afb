//! Inspections of synthetic selections: their findings, and what the page holds.

mod browser;
mod sheet;

use super::{InspectedPool, InspectionInput, files::CONTACT_SHEET};
use crate::near_duplicates::DuplicateGroups;
use crate::plan::{DevicePlan, PoolPlan};
use crate::pool::Pool;
use crate::request::SelectRequest;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytemuck::Zeroable;
use gstds::{
    Flags, Keep, Options, Path as Way, Selection, Spectrum, Status, adapter,
    profile::{Clock, Profile},
};
use gstds_data::{Silent, matrix::npy};
use gstds_testing::{check_elements, fixed_colour, is_blank, pixels, values};
use image::{Rgb, RgbImage};
use std::path::{Path, PathBuf};

/// A name that tries to inject markup.
const SLY: &str = "<script>alert('x')<script> & \"co\" \u{1b}[31m.png";

/// A selection with these scores, and these values from λ2 up; none is one that was not solved.
fn selection(scores: Vec<f32>, found: &[f32], kept: Vec<u32>) -> Selection {
    let mut status = Status::zeroed();
    status.rows = scores.len() as u32;
    status.valid = status.rows;
    status.degree_max = 10.0;
    let mut spectrum = Spectrum::zeroed();
    if let Some(&lambda2) = found.first() {
        (status.steps, status.lambda2) = (24, lambda2);
        spectrum.found = found.len() as u32;
        spectrum.vectors = 1;
        spectrum.values[..found.len()].copy_from_slice(found);
    }
    Selection {
        kept,
        vectors: vec![scores.clone()],
        scores,
        spectrum: Some(spectrum),
        status,
        path: Way::Dense,
        profile: Profile {
            clock: Clock::Wall,
            stages: Vec::new(),
        },
    }
}

fn input<'a>(options: &'a Options, selection: &'a Selection) -> InspectionInput<'a> {
    InspectionInput {
        options,
        selection,
        width: 2,
        invalid: &[],
        near_duplicates: None,
        label_losses: None,
        classes: None,
        paths: None,
        root: Path::new("."),
        decode_limit: gstds_data::DECODE_LIMIT,
    }
}

/// 40 rows: even ones along one axis, odd ones along the other, which the scores separate.
fn two_groups() -> (Vec<f32>, Vec<f32>) {
    let features = (0..40).flat_map(|row| [[1.0, 0.1], [0.1, 1.0]][row % 2]);
    let scores = (0..40).map(|row| [0.1, -0.1][row % 2] + row as f32 * 1e-4);
    (features.collect(), scores.collect())
}

/// The features of a pool's rows.
fn of_rows(pool: &InspectedPool<'_>, features: &[f32]) -> Vec<f32> {
    let line = |&row: &u32| features[row as usize * 2..][..2].to_vec();
    pool.rows().iter().flat_map(line).collect()
}

fn says(selection: &Selection, features: &[f32]) -> String {
    let options = Options::gstds();
    let pool = InspectedPool::new(input(&options, selection));
    let features = of_rows(&pool, features);
    pool.draw(&features, &mut Silent)
        .unwrap()
        .findings()
        .join("\n")
}

#[test]
fn the_gap_above_lambda2_decides_what_the_graph_is_called() {
    let (features, scores) = two_groups();
    let message = |found: &[f32]| says(&selection(scores.clone(), found, vec![0]), &features);
    let apart = message(&[1e-8, 0.8]);
    assert!(
        apart.contains("At least two components") && apart.contains("gap of 0.8000"),
        "{apart}"
    );
    let negative = message(&[-0.3, -0.2]);
    assert!(
        negative.contains("λ2 is -0.3000, below 0") && !negative.contains("At least"),
        "{negative}"
    );
    let near = message(&[0.1, 0.8]);
    assert!(near.contains("near-cut"), "{near}");
    let whole = message(&[0.7, 0.8]);
    assert!(whole.contains("without a clear cut"), "{whole}");
    let alone = message(&[0.7]);
    assert!(alone.contains("not known here"), "{alone}");
    // 20 of 20 rows at cosines of 1 within and 0.2 / 1.01 across.
    for message in [apart, near, whole] {
        assert!(message.contains("20 to 20, 50.0 %"), "{message}");
        assert!(
            message.contains("1.000 among") && message.contains("0.198 across"),
            "{message}"
        );
    }
}

#[test]
fn one_heavy_row_is_an_outlier_among_enough_rows() {
    let scores = |rows: usize| (0..rows).map(|row| if row == 2 { 0.99 } else { -0.01 });
    let features = vec![1.0; 200];
    let message = |rows| {
        let selection = selection(scores(rows).collect(), &[0.7, 0.8], vec![0]);
        says(&selection, &features)
    };
    let many = message(100);
    assert!(
        many.contains("Outlier-dominated: row 2 carries 99.0 %"),
        "{many}"
    );
    let few = message(5);
    assert!(
        !few.contains("Outlier") && few.contains("that of row 2"),
        "{few}"
    );
}

#[test]
fn what_was_not_solved_is_shown_as_it_came_and_said() {
    let (features, scores) = two_groups();
    for (flag, words) in [
        (Flags::KEPT_ALL, "all 40 rows are kept"),
        (Flags::FEW_VALID, "at least 3"),
        (Flags::ALL_ALIKE, "point the same way"),
        (Flags::NO_EDGES, "no edges"),
    ] {
        let mut selection = selection(scores.clone(), &[], vec![3]);
        selection.status.flags = flag.bits();
        let options = Options::gstds();
        let pool = InspectedPool::new(input(&options, &selection));
        assert_eq!(pool.rows(), Vec::from_iter(0..40));
        let inspection = pool.draw(&features, &mut Silent).unwrap();
        assert!(inspection.findings()[0].contains(words), "{words}");
        let names: Vec<&str> = inspection
            .pictures()
            .iter()
            .map(|picture| picture.name)
            .collect();
        assert_eq!(names, ["similarity-input-order.png"]);
        check_elements(inspection.page());
    }
}

#[test]
fn rows_in_no_graph_come_last_and_groups_are_counted() {
    let (_, mut scores) = two_groups();
    (scores[7], scores[8]) = (0.0, 0.0);
    let mut selection = selection(scores, &[0.7, 0.8], vec![4, 5]);
    selection.status.valid = 38;
    let options = Options::gstds();
    let groups = DuplicateGroups {
        threshold: 0.99,
        survivors: (0..40)
            .map(|row| if row < 6 { row % 2 } else { row })
            .collect(),
        copies: None,
    };
    let pool = InspectedPool::new(InspectionInput {
        invalid: &[7, 8],
        near_duplicates: Some(&groups),
        ..input(&options, &selection)
    });
    assert_eq!(pool.rows()[38..], [7, 8]);
    assert_eq!(pool.rows()[0], 1);
    let found = pool.facts.near_duplicates.clone().unwrap();
    assert_eq!(
        (found.groups, found.rows, found.largest, found.kept),
        (2, 4, 3, 2)
    );
    let split = pool.facts.split.clone().unwrap();
    assert_eq!((split.below, split.above), (19, 19));
}

#[test]
fn large_pools_are_thinned_and_the_page_says_so() {
    let rows = 3000;
    let scores = (0..rows).map(|row| row as f32 - 1500.0).collect();
    let selection = selection(scores, &[0.7, 0.8], (0..30).collect());
    let options = Options::gstds();
    let pool = InspectedPool::new(input(&options, &selection));
    assert_eq!(pool.rows().len(), super::MOST_MAPPED);
    // All kept rows, which are fewer than a quarter of the places.
    assert_eq!(pool.rows()[..30], Vec::from_iter(0..30));
    let features = vec![1.0; 2 * super::MOST_MAPPED];
    let page = pool.draw(&features, &mut Silent).unwrap().page().to_owned();
    for words in [
        "512 of 3000 rows, 30 of them kept",
        "1024 of 3000 rows are drawn",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

/// A folder of eight images, one of them [`SLY`] and one that is none, and their paths.
fn images(root: &Path) -> Vec<PathBuf> {
    let name = |number: u32| match number {
        2 => PathBuf::from(SLY),
        number => PathBuf::from(format!("{number}.png")),
    };
    for number in 0..8 {
        let path = root.join(name(number));
        let image = RgbImage::from_fn(9, 7, |x, _| Rgb([(x * 25) as u8, 9 * number as u8, 80]));
        match number {
            5 => std::fs::write(path, "none").unwrap(),
            _ => image
                .save_with_format(path, image::ImageFormat::Png)
                .unwrap(),
        }
    }
    (0..8).map(name).collect()
}

/// That a page has no script, and links to nothing but its own sections and pictures.
fn loads_nothing(page: &str) {
    for forbidden in ["http:", "https:", "<script", "@import", "url(", "\u{1b}"] {
        assert_eq!(page.matches(forbidden).count(), 0, "{forbidden}");
    }
    check_elements(page);
    let links = ["src", "srcset", "href"].map(|attribute| values(page, attribute));
    for link in links.concat() {
        let section = link.strip_prefix('#');
        let is_there = |id| page.contains(&format!("<h2 id=\"{id}\">"));
        assert!(
            section.is_some_and(is_there) || link.starts_with("data:"),
            "{link}"
        );
    }
    assert_eq!(page.matches("<a href=\"#").count(), 5);
}

#[test]
fn the_page_holds_all_its_pictures_and_tells_kept_images_by_more_than_colour() {
    let root = tempfile::tempdir().unwrap();
    let paths = images(root.path());
    let (features, scores) = two_groups();
    let selection = selection(scores[..8].to_vec(), &[0.1, 0.8, 0.9], vec![2, 3]);
    let options = Options::gstds();
    let draw = || {
        let pool = InspectedPool::new(InspectionInput {
            paths: Some(&paths),
            root: root.path(),
            ..input(&options, &selection)
        });
        let features = of_rows(&pool, &features);
        pool.draw(&features, &mut Silent).unwrap()
    };
    let inspection = draw();
    let page = inspection.page();
    loads_nothing(page);
    let alts = values(page, "alt");
    assert_eq!(alts.len(), 7 + 2);
    assert_eq!(alts.iter().filter(|alt| alt.ends_with(", kept")).count(), 2);
    assert_eq!(page.matches("<li class=\"kept small\">").count(), 2);
    assert!(page.contains("<span>kept 2</span>") && page.contains("<span>dropped 4</span>"));
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)") && page.contains("5.png"));
    for link in [values(page, "src"), values(page, "srcset")].concat() {
        let (_, file) = link.split_once(";base64,").unwrap();
        assert!(!is_blank(&pixels(&BASE64_STANDARD.decode(file).unwrap())));
    }
    let (sheet, findings) = ("id=\"images\"", "id=\"findings\"");
    assert!(page.find(sheet).unwrap() < page.find(findings).unwrap());
    // Two charts, each once, in colours that follow the theme.
    assert_eq!(page.matches("<svg").count(), 2);
    assert_eq!(fixed_colour(page), None);
    assert_eq!(page, draw().page());
    // Rows from the lowest score up: odd ones, then even ones; 5 cannot be decoded.
    let order: Vec<u32> = alts
        .iter()
        .filter_map(|alt| alt.strip_prefix("row ")?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(order, [1, 3, 7, 0, 2, 4, 6]);
    files_are_whole_and_never_over_others_unasked(&inspection, &root.path().join("a/look"));
}

fn files_are_whole_and_never_over_others_unasked(inspection: &super::Inspection, folder: &Path) {
    super::Inspection::check(folder, false).unwrap();
    let page = inspection.write(folder, false).unwrap();
    assert_eq!(std::fs::read_to_string(&page).unwrap(), inspection.page());
    assert_eq!(inspection.pictures().len(), 5);
    for picture in inspection.pictures() {
        assert!(!is_blank(&pixels(
            &std::fs::read(folder.join(picture.name)).unwrap()
        )));
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 6);
    assert!(super::Inspection::check(folder, false).is_err());
    super::Inspection::check(folder, true).unwrap();
    let error = inspection.write(folder, false).unwrap_err().to_string();
    assert!(error.contains("set force"), "{error}");
    std::fs::write(&page, "old").unwrap();
    inspection.write(folder, true).unwrap();
    assert_eq!(std::fs::read_to_string(&page).unwrap(), inspection.page());
    // One without images: the contact sheet of before would contradict its page.
    let mut fewer = inspection.clone();
    fewer.pictures.retain(|file| file.name != CONTACT_SHEET);
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    fewer.write(folder, true).unwrap();
    assert!(!folder.join(CONTACT_SHEET).exists());
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 6);
    assert!(folder.join("notes.txt").exists());
}

#[test]
fn rows_that_another_rule_kept_are_shown_under_its_name() {
    let (features, _) = two_groups();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.npy");
    std::fs::write(&file, npy::matrix(&features, 40, 2)).unwrap();
    let mut pool = Pool::open(&file, None).unwrap();
    let request = SelectRequest::new(Keep::Count(3));
    let plan = PoolPlan::new(&request, pool.layout(), None).unwrap();
    let gpu = adapter::open(&Default::default()).expect("the tests need an adapter");
    let device = DevicePlan::new(&gpu, &plan).unwrap();
    let kept = [1, 0, 39];
    let drawn = device.inspect_kept(&mut pool, "medoids", &kept, &mut Silent);
    let drawn = drawn.unwrap();
    assert_eq!((drawn.facts().rule, drawn.facts().kept), ("medoids", 3));
    assert!(drawn.page().contains("rule medoids"));
    let own = device.inspect(&mut pool, &mut Silent).unwrap();
    assert_eq!(own.facts().rule, "quantile");
    assert_ne!(own.page(), drawn.page());
}
