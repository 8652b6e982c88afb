//! Curves, kept images and one batch.

use crate::{
    error::Result,
    report::{
        charts::{BANDS, Figure},
        contact_sheets::{CLASSES, Class, ShownImage},
        figures::{BatchPictures, GroupSheet},
    },
};
use gstds_plot::html::{data_uri, escape, figure, missing, picture, section};
use gstds_plot::{encode_png, svg};
use gstds_train::method::Strata;
use image::imageops;
use std::borrow::Cow;

/// Largest side of an image in the page, in its own pixels.
const THUMBNAIL: u32 = 64;

pub(super) fn curves(figures: &[Figure]) -> Result<String> {
    let note = format!("<p class=\"note\">{}</p>\n", escape(BANDS));
    let contents = note + &charts(figures)?;
    Ok(section("accuracy", "Accuracy against its cost", &contents))
}

pub(super) fn kept(figures: &[Figure], reasons: &[String]) -> Result<String> {
    let contents = charts(figures)? + &missing(reasons);
    Ok(section("kept", "Kept samples", &contents))
}

pub(super) fn sheets(sheets: &[GroupSheet], reasons: &[String]) -> Result<String> {
    let mut contents = String::new();
    if !sheets.is_empty() {
        contents.push_str("<p class=\"note\">For each class, the training images that the group's first run kept most and least often, with the count; ties are in the order of the data set.</p>\n");
    }
    for (place, sheet) in sheets.iter().enumerate() {
        contents.push_str(&group(sheet, place == 0)?);
    }
    contents.push_str(&missing(reasons));
    if contents.is_empty() {
        contents
            .push_str("<p class=\"missing\">Not shown. Every run keeps all of its samples.</p>\n");
    }
    Ok(section("images", "Most and least kept images", &contents))
}

fn group(group: &GroupSheet, open: bool) -> Result<String> {
    let open = if open { " open" } else { "" };
    let mut text = format!(
        "<details{open}>\n<summary><h3>{}, seed {}</h3></summary>\n<div class=\"classes\">\n",
        escape(&group.label),
        group.seed
    );
    for class in &group.sheet.classes {
        text.push_str(&one_class(class)?);
    }
    text.push_str("</div>\n");
    if group.sheet.left_out > 0 {
        text.push_str(&format!(
            "<p class=\"note\">The first {CLASSES} classes; {} more are not shown.</p>\n",
            group.sheet.left_out
        ));
    }
    text.push_str("</details>\n");
    Ok(text)
}

fn one_class(class: &Class) -> Result<String> {
    let mut text = format!("<div class=\"class\">\n<h4>{}</h4>\n", escape(&class.name));
    for (what, images) in [("most kept", &class.most), ("least kept", &class.least)] {
        if images.is_empty() {
            continue;
        }
        text.push_str(&format!(
            "<p class=\"strip-name\">{what}</p>\n<ul class=\"strip\">\n"
        ));
        for shown in images {
            text.push_str(&item(&class.name, shown)?);
        }
        text.push_str("</ul>\n");
    }
    text.push_str("</div>\n");
    Ok(text)
}

fn item(class: &str, shown: &ShownImage) -> Result<String> {
    let image = &shown.image;
    let longer = image.width().max(image.height());
    let small = match longer > THUMBNAIL {
        true => Cow::Owned(imageops::thumbnail(
            image,
            (image.width() * THUMBNAIL / longer).max(1),
            (image.height() * THUMBNAIL / longer).max(1),
        )),
        false => Cow::Borrowed(image),
    };
    let (row, times) = (shown.row, shown.times);
    Ok(format!(
        "<li><img src=\"{}\" alt=\"image {row}, {}, kept {times} times\" title=\"image {row}\">{times}×</li>\n",
        data_uri(&encode_png(&small)?),
        escape(class)
    ))
}

pub(super) fn batch(batch: Option<&BatchPictures>, reasons: &[String]) -> Result<String> {
    let mut contents = String::new();
    if let Some(batch) = batch {
        contents.push_str(&pictures(batch)?);
    }
    contents.push_str(&missing(reasons));
    Ok(section("batch", "One batch", &contents))
}

/// How rows are chosen by their components.
fn reading(strata: Strata) -> &'static str {
    match strata {
        Strata::None => "The component of each row, which the rule selects by.",
        Strata::Fiedler => {
            "The component of each row. Rows are cut into strata in this order, and each gives one row."
        }
        Strata::Nested => {
            "The component of each row. Rows are cut into strata in this order, then again along two further vectors, and each cell gives rows."
        }
    }
}

fn pictures(batch: &BatchPictures) -> Result<String> {
    let about = format!(
        "{}, seed {}: the first batch of epoch {}. Of {} rows, {} were kept. λ2 of its graph is {:.4}.",
        batch.label, batch.seed, batch.epoch, batch.rows, batch.kept, batch.lambda2
    );
    let sorted = picture(
        &batch.fiedler_order,
        &format!(
            "Cosine similarity of {} rows, ordered by the Fiedler vector; bars at the left and upper edge mark {} kept rows",
            batch.rows, batch.kept
        ),
    );
    let input = picture(
        &batch.input_order,
        &format!(
            "Cosine similarity of the same {} rows in input order",
            batch.rows
        ),
    );
    let scores = svg(
        &batch.scores,
        "Scores of the batch's rows in ascending order, kept rows marked",
    )?;
    let order = "Rows and columns are the batch's images by ascending component of the Fiedler vector: similar images are neighbours. Bars mark kept rows.";
    Ok(format!(
        "<p>{}</p>\n<div class=\"figures\">\n{}{}{}</div>\n",
        escape(&about),
        figure(
            "Similarity in the order of the Fiedler vector",
            order,
            &sorted
        ),
        figure(
            "Similarity in input order",
            "The same batch in input order.",
            &input
        ),
        figure("The Fiedler vector", reading(batch.strata), &scores),
    ))
}

/// Charts side by side where there is room.
fn charts(figures: &[Figure]) -> Result<String> {
    let mut text = String::from("<div class=\"figures\">\n");
    for one in figures {
        let labels = one.chart.series.iter().map(|series| series.label.as_str());
        let labels: Vec<&str> = labels.collect();
        let name = format!(
            "{}: {} over {}, for {}",
            one.title,
            one.chart.y.label,
            one.chart.x.label,
            labels.join(", ")
        );
        text.push_str(&figure(one.title, one.caption, &svg(&one.chart, &name)?));
    }
    text.push_str("</div>\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_methods_with_a_rule_are_said_to_choose_by_it() {
        for strata in Strata::ALL {
            let by_rule = reading(*strata).contains("rule");
            assert_eq!(by_rule, *strata == Strata::None, "{strata}");
            assert_ne!(by_rule, reading(*strata).contains("strata"), "{strata}");
        }
    }
}
