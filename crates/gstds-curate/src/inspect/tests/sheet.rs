//! The contact sheet of an inspection: what is on it, and how it is chosen from.

use super::{images, input, of_rows, selection, two_groups};
use crate::inspect::{InspectedPool, InspectionInput};
use crate::label_losses::LabelLosses;
use crate::near_duplicates::DuplicateGroups;
use crate::pool::Classes;
use gstds::Options;
use gstds_data::Silent;
use gstds_testing::{check_elements, values};
use std::path::Path;

/// A small page of every kind of image: 8 in two classes, of which one cannot be decoded, 3 is a
/// label suspect, and 0 stands for 2 and 4.
pub(super) fn page_of_every_kind(root: &Path) -> String {
    let paths = images(root);
    let (features, scores) = two_groups();
    let selection = selection(scores[..8].to_vec(), &[0.1, 0.8, 0.9], vec![2, 3]);
    let labels = Classes::of_numbers(&[0, 1, 0, 0, 0, 1, 0, 1]);
    let losses = LabelLosses {
        losses: vec![0.5, 0.5, 0.5, 3.25, 0.5, 0.5, 0.5, 0.5],
        likely: vec![0, 1, 0, 1, 0, 1, 0, 1],
    };
    let groups = DuplicateGroups {
        threshold: 0.99,
        survivors: vec![0, 1, 0, 3, 0, 5, 6, 7],
        copies: None,
    };
    let options = Options::gstds();
    let pool = InspectedPool::new(InspectionInput {
        paths: Some(&paths),
        root,
        classes: Some(&labels),
        label_losses: Some((&losses, &labels)),
        near_duplicates: Some(&groups),
        ..input(&options, &selection)
    });
    let features = of_rows(&pool, &features);
    let inspection = pool.draw(&features, &mut Silent).unwrap();
    inspection.page().to_owned()
}

#[test]
fn images_say_what_is_known_of_them_and_are_chosen_by_it() {
    let root = tempfile::tempdir().unwrap();
    let page = page_of_every_kind(root.path());
    check_elements(&page);
    for words in [
        "value=\"all\" checked>all (7)<",
        "value=\"kept\">kept (2)<",
        "value=\"dropped\">dropped (5)<",
        "value=\"suspect\">label suspects (1)<",
        "value=\"alike\">near-duplicates (3)<",
        "<option value=\"c0\">0 (5)</option>",
        "<option value=\"c1\">1 (2)</option>",
        "<li class=\"kept suspect c0 small\">",
        "<span>kept 3</span><span>1?</span></li>",
        "<span>dropped 0</span><span>2 like it</span></li>",
        "<span>dropped 4</span><span>like 0</span></li>",
        "class 0; label suspect, more like 1 (loss 3.2)</figcaption>",
        "class 0; near-duplicate of row 0</figcaption>",
        ".choice:has(option[value=\"c1\"]:checked) .sheet > :not(.c1)",
        "Label suspects: 1 of 8 rows look more like another class",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // Each image has a button that opens it, and one in it that closes it.
    let targets = values(&page, "popovertarget");
    assert_eq!(targets.len(), 2 * 7);
    assert!(
        targets
            .iter()
            .all(|row| page.contains(&format!("id=\"{row}\" popover")))
    );
}

#[test]
fn a_sheet_of_a_large_pool_is_bounded_and_has_what_stands_out() {
    let rows = 100_000;
    let scores = (0..rows).map(|row| row as f32 - 1500.0).collect();
    let selection = selection(scores, &[0.7, 0.8], (0..30).collect());
    let labels = Classes::of_numbers(&(0..rows as i64).map(|row| row % 2).collect::<Vec<_>>());
    // Every third row is a suspect, the last ones the most; rows 10,000 to 89,999 are pairs, but for
    // a group of a hundred.
    let own = labels.of_rows();
    let likely = (0..rows).map(|row| own[row] ^ u32::from(row % 3 == 0));
    let losses = LabelLosses {
        losses: (0..rows).map(|row| row as f32).collect(),
        likely: likely.collect(),
    };
    let survivor = |row: u32| match row {
        20_000..20_100 => 20_000,
        10_000..90_000 => row - row % 2,
        _ => row,
    };
    let groups = DuplicateGroups {
        threshold: 0.99,
        survivors: (0..rows as u32).map(survivor).collect(),
        copies: None,
    };
    let options = Options::gstds();
    let pool = InspectedPool::new(InspectionInput {
        label_losses: Some((&losses, &labels)),
        near_duplicates: Some(&groups),
        ..input(&options, &selection)
    });
    let shown = crate::inspect::sheet::rows(&pool);
    assert!(shown.len() > 160 && shown.len() <= 256, "{}", shown.len());
    assert!(shown.windows(2).all(|pair| pair[0] < pair[1]));
    for row in [99_999, 99_996, 20_000, 20_005, 10_000, 10_001, 0, 29] {
        assert!(shown.contains(&row), "{row}");
    }
    let of_group = shown.iter().filter(|row| (20_000..20_100).contains(*row));
    // One more may be among those that are evenly spaced.
    assert!((6..=7).contains(&of_group.count()));
}
