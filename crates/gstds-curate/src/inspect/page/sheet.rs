//! The contact sheet in the page: its images, which of them are shown, and one of them enlarged. All
//! of it is HTML and CSS; there is no script.

use std::collections::BTreeMap;

use gstds_plot::html::{escape, image_uri, missing, section as page_section};

use super::note;
use crate::error::Result;
use crate::inspect::InspectedPool;
use crate::inspect::sheet::{InspectionSheet, Likeness, MOST_SPACED, SheetImage};

/// Longest side of an image whose pixels are shown as squares when it is enlarged.
const FEW_PIXELS: u32 = 64;

/// A choice of images by what is known of them.
struct Kind {
    /// The class of the images in the page's style.
    id: &'static str,
    name: &'static str,
    has: fn(&SheetImage) -> bool,
}

const KINDS: [Kind; 5] = [
    Kind {
        id: "all",
        name: "all",
        has: |_| true,
    },
    Kind {
        id: "kept",
        name: "kept",
        has: |shown| shown.kept,
    },
    Kind {
        id: "dropped",
        name: "dropped",
        has: |shown| !shown.kept,
    },
    Kind {
        id: "suspect",
        name: "label suspects",
        has: |shown| shown.likely.is_some(),
    },
    Kind {
        id: "alike",
        name: "near-duplicates",
        has: |shown| shown.likeness.is_some(),
    },
];

/// The section.
pub(super) fn section(pool: &InspectedPool<'_>, sheet: &InspectionSheet) -> Result<String> {
    let items: Result<String> = sheet.images.iter().map(|shown| item(pool, shown)).collect();
    let contents = format!(
        "{}<div class=\"choice\">\n{}<ol class=\"sheet\">\n{}</ol>\n<p class=\"count note\"></p>\n</div>\n{}",
        about(pool, sheet),
        filters(pool, sheet),
        items?,
        missing(&sheet.left_out)
    );
    Ok(page_section("images", "Contact sheet", &contents))
}

/// How to read the sheet, and what is on it.
fn about(pool: &InspectedPool<'_>, sheet: &InspectionSheet) -> String {
    let mut reading = String::from(match pool.is_solved() {
        true => {
            "Images lie in one line, in which neighbours look alike and the two ends differ the most (the order of the Fiedler vector)."
        }
        false => "Images lie in input order.",
    });
    reading.push_str(
        " Kept ones have a frame. Select an image to enlarge it; Esc closes it. The numbers are rows.",
    );
    let any = |has: fn(&SheetImage) -> bool| sheet.images.iter().any(has);
    if any(|shown| shown.likely.is_some()) {
        reading.push_str(" A class with a question mark is the one that a label suspect looks more like than its own.");
    }
    if any(|shown| shown.likeness.is_some()) {
        reading.push_str(" Of near-duplicates the row is named that they are like.");
    }
    let (count, rows) = (sheet.images.len(), pool.facts.rows);
    let kept = sheet.images.iter().filter(|shown| shown.kept).count();
    let mut contents = format!(
        "{count} of {rows} images are shown, {kept} kept and {} dropped",
        count - kept
    );
    contents.push_str(&match count + sheet.left_out.len() < rows {
        true => format!(
            ": up to {MOST_SPACED} evenly spaced, at least a quarter of them kept and a quarter dropped where there are as many, the first label suspects, and near-duplicates of the largest groups."
        ),
        false => ".".into(),
    });
    note(&reading) + &note(&contents)
}

/// The choice by kind, and by class where there are several.
fn filters(pool: &InspectedPool<'_>, sheet: &InspectionSheet) -> String {
    let counts = KINDS.iter().map(|kind| {
        let count = sheet
            .images
            .iter()
            .filter(|shown| (kind.has)(shown))
            .count();
        (kind, count)
    });
    let kinds: String = counts
        .filter(|(kind, count)| *count > 0 || matches!(kind.id, "kept" | "dropped"))
        .map(|(Kind { id, name, .. }, count)| {
            let checked = if *id == "all" { " checked" } else { "" };
            format!(
                "<label><input type=\"radio\" name=\"kind\" value=\"{id}\"{checked}>{name} ({count})</label>\n"
            )
        })
        .collect();
    format!(
        "<div class=\"filters\">\n<fieldset><legend>Show</legend>\n{kinds}</fieldset>\n{}</div>\n",
        by_class(pool, sheet)
    )
}

fn by_class(pool: &InspectedPool<'_>, sheet: &InspectionSheet) -> String {
    let counts = class_counts(sheet);
    let Some(classes) = pool.input.classes.filter(|_| counts.len() > 1) else {
        return String::new();
    };
    let options: String = counts
        .iter()
        .map(|(class, count)| {
            let name = escape(&classes.shown(*class as usize));
            format!("<option value=\"c{class}\">{name} ({count})</option>\n")
        })
        .collect();
    format!(
        "<label class=\"of-class\">Class <select>\n<option value=\"any\" selected>all {} classes</option>\n{options}</select></label>\n",
        counts.len()
    )
}

/// Images of each class that are shown.
fn class_counts(sheet: &InspectionSheet) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for class in sheet.images.iter().filter_map(|shown| shown.class) {
        *counts.entry(class).or_default() += 1;
    }
    counts
}

/// The rules of the page's style by which the choice of a class hides the images of others.
pub(super) fn class_rules(sheet: &InspectionSheet) -> String {
    let counts = class_counts(sheet);
    let rule = |class: &u32| {
        format!(
            ".choice:has(option[value=\"c{class}\"]:checked) .sheet > :not(.c{class}) {{ display: none; }}\n"
        )
    };
    match counts.len() {
        0 | 1 => String::new(),
        _ => counts.keys().map(rule).collect(),
    }
}

/// An image: its picture, which a button brings to the front with all that is known of it, and a
/// few words below.
fn item(pool: &InspectedPool<'_>, shown: &SheetImage) -> Result<String> {
    let kinds = KINDS[1..].iter().filter(|kind| (kind.has)(shown));
    let mut classes: Vec<String> = kinds.map(|kind| kind.id.into()).collect();
    classes.extend(shown.class.map(|class| format!("c{class}")));
    let (width, height) = shown.image.dimensions();
    if width.max(height) <= FEW_PIXELS {
        classes.push("small".into());
    }
    let row = shown.row;
    let word = if shown.kept { "kept" } else { "dropped" };
    Ok(format!(
        "<li class=\"{}\"><div class=\"frame\"><figure id=\"row-{row}\" popover><img src=\"{}\" alt=\"{}, {word}\"><figcaption>{}</figcaption><button popovertarget=\"row-{row}\" popovertargetaction=\"hide\">Close</button></figure><button class=\"enlarge\" popovertarget=\"row-{row}\" aria-label=\"Enlarge row {row}\"></button></div>{}</li>\n",
        classes.join(" "),
        image_uri(&shown.image)?,
        escape(&pool.name(row)),
        escape(&all_words(pool, shown)),
        few_words(shown)
    ))
}

/// What stands below an image.
fn few_words(shown: &SheetImage) -> String {
    let word = if shown.kept { "kept" } else { "dropped" };
    let mut words = format!("<span>{word} {}</span>", shown.row);
    if let Some((likely, _)) = &shown.likely {
        words.push_str(&format!("<span>{}?</span>", escape(likely)));
    }
    match shown.likeness {
        Some(Likeness::Of(row)) => words.push_str(&format!("<span>like {row}</span>")),
        Some(Likeness::StandsFor(others)) => {
            words.push_str(&format!("<span>{others} like it</span>"));
        }
        None => {}
    }
    words
}

/// What is said of an image that is enlarged.
fn all_words(pool: &InspectedPool<'_>, shown: &SheetImage) -> String {
    let word = if shown.kept { "kept" } else { "dropped" };
    let mut words = vec![format!("{}: {word}", pool.name(shown.row))];
    if let (Some(class), Some(classes)) = (shown.class, pool.input.classes) {
        words.push(format!("class {}", classes.shown(class as usize)));
    }
    if let Some((likely, loss)) = &shown.likely {
        words.push(format!(
            "label suspect, more like {likely} (loss {loss:.1})"
        ));
    }
    match shown.likeness {
        Some(Likeness::Of(row)) => words.push(format!("near-duplicate of row {row}")),
        Some(Likeness::StandsFor(others)) => {
            words.push(format!("stands for {others} near-duplicates"));
        }
        None => {}
    }
    words.join("; ")
}
