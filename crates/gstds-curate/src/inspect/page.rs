//! The HTML file: everything in it, nothing loaded.

use super::{
    Eigenvalue, InspectedPool,
    findings::{number, percent},
    pictures::{InspectionFigures, InspectionSheet, MOST_POINTS, SheetImage},
};
use crate::error::Result;
use gstds_data::counted;
use gstds_plot::{
    encode_png,
    html::{data_uri, escape, figure, missing, page, picture, section, table},
    svg,
};

const STYLE: &str = include_str!("style.css");

/// The inspection as HTML. The same input gives the same text.
pub(super) fn html(
    pool: &InspectedPool<'_>,
    findings: &[String],
    pictures: &InspectionFigures,
) -> Result<String> {
    let facts = &pool.facts;
    let rows = counted(facts.rows, "row", "rows");
    let title = format!("gstds inspect: {} of {rows} kept", facts.kept);
    let sections = [
        summary(pool, findings),
        spectrum(pool, pictures)?,
        order(pool, pictures)?,
        similarity(pool, pictures),
        sheet(pool, pictures)?,
    ];
    let from = "from one selection, repeated for this page";
    Ok(page(&title, STYLE, &sections.concat(), from))
}

fn summary(pool: &InspectedPool<'_>, findings: &[String]) -> String {
    let facts = &pool.facts;
    let about = format!(
        "{} of {}, {} of them in the graph; Laplacian {}, affinity {}, rule {}, path {}, {}; degrees from {} to {}.",
        counted(facts.rows, "row", "rows"),
        counted(facts.features, "feature", "features"),
        facts.valid,
        facts.laplacian,
        facts.affinity,
        facts.rule,
        facts.path,
        counted(facts.steps as usize, "solver step", "solver steps"),
        number(facts.degrees[0]),
        number(facts.degrees[1]),
    );
    let item = |finding: &String| format!("<li>{}</li>\n", escape(finding));
    let items: String = findings.iter().map(item).collect();
    let contents = format!(
        "<ul class=\"findings\">\n{items}</ul>\n<p class=\"note\">{}</p>\n",
        escape(&about)
    );
    section("findings", "What the spectrum shows", &contents)
}

fn spectrum(pool: &InspectedPool<'_>, pictures: &InspectionFigures) -> Result<String> {
    let values = &pool.facts.eigenvalues;
    if values.is_empty() {
        return Ok(String::new());
    }
    let mut contents = String::new();
    if let Some(drawn) = &pictures.spectrum {
        let name = "Ritz values of the Laplacian by number";
        let caption = "The smallest eigenvalues that the solve found, without the trivial 0. A multiple eigenvalue appears once. Values whose vector was not computed may not have converged.";
        contents = figure("Ritz values", caption, &svg(drawn, name)?);
    }
    let heads = [
        "value",
        "size",
        "residual",
        "signs",
        "top row",
        "its share",
        "effective rows",
    ];
    let rows: Vec<Vec<String>> = values.iter().map(line).collect();
    contents.push_str(&table("Ritz values", &heads, &rows));
    contents.push_str(&format!(
        "<p class=\"note\">{}</p>\n",
        escape("Residuals are ‖Lv − λv‖ relative to 1 (sym) or the largest degree (un). The top row has the largest component, and its share is that of the squares. The effective rows, (Σx²)² / Σx⁴, are the number of equal rows that would be as concentrated.")
    ));
    Ok(section("spectrum", "Spectrum", &contents))
}

fn line(value: &Eigenvalue) -> Vec<String> {
    let mut cells = vec![
        format!("λ{}", value.number),
        number(value.value),
        format!("{:.1e}", value.residual),
    ];
    match &value.split {
        Some(split) => cells.extend([
            format!("{} to {}", split.below, split.above),
            split.top_row.to_string(),
            percent(split.top_share),
            format!("{:.1} rows", split.carried_by),
        ]),
        None => cells.extend(std::iter::repeat_n(String::from("–"), 4)),
    }
    cells
}

fn order(pool: &InspectedPool<'_>, pictures: &InspectionFigures) -> Result<String> {
    let Some(plot) = &pictures.scores else {
        return Ok(String::new());
    };
    let rows = pool.facts.rows;
    let mut caption = format!(
        "Each row's component of the Fiedler vector by its rank; {} kept rows are filled and have a bar.",
        pool.facts.kept
    );
    if rows > MOST_POINTS {
        caption.push_str(&format!(
            " {MOST_POINTS} of {rows} rows are drawn, kept and dropped ones each evenly spaced, at least a quarter of either where there are as many."
        ));
    }
    let drawn = svg(plot, "Scores in ascending order, kept rows marked")?;
    let contents = figure("Scores by rank", &caption, &drawn);
    Ok(section("vector", "The Fiedler vector", &contents))
}

fn similarity(pool: &InspectedPool<'_>, pictures: &InspectionFigures) -> String {
    let (rows, drawn) = (pool.facts.rows, pool.mapped.len());
    let kept = pool.mapped.iter().filter(|&&row| pool.is_kept(row));
    let kept = kept.count();
    let which = match drawn < rows {
        true => format!(
            "{drawn} of {rows} rows, {kept} of them kept: kept and dropped ones each evenly spaced in {}, at least a quarter of either where there are as many.",
            ordered(pool)
        ),
        false => format!("All {rows} rows, {kept} of them kept."),
    };
    let mut contents = format!(
        "<p class=\"note\">{}</p>\n<div class=\"figures\">\n",
        escape(&which)
    );
    if let Some(maps) = &pictures.fiedler_order {
        let described = format!(
            "Cosine similarity of {drawn} rows, ordered by the Fiedler vector; bars at the left and upper edge mark {kept} kept rows"
        );
        contents.push_str(&figure(
            "In the order of the Fiedler vector",
            "By ascending component: similar rows lie near each other, and bright squares on the diagonal are groups. Bars mark kept rows.",
            &picture(maps, &described),
        ));
    }
    let described = format!("Cosine similarity of the same {drawn} rows in input order");
    contents.push_str(&figure(
        "In input order",
        "The same rows in input order.",
        &picture(&pictures.input_order, &described),
    ));
    contents.push_str("</div>\n");
    section("similarity", "Similarity", &contents)
}

fn sheet(pool: &InspectedPool<'_>, pictures: &InspectionFigures) -> Result<String> {
    let contents = match &pictures.sheet {
        Err(reason) => missing(std::slice::from_ref(reason)),
        Ok(InspectionSheet { images, left_out }) => {
            let kept = images.iter().filter(|shown| shown.kept).count();
            let (count, rows) = (images.len(), pool.facts.rows);
            let about = format!(
                "{count} of {rows} images in {}: {kept} kept, framed and labelled, and {} dropped; evenly spaced within each kind where not all are shown. Numbers are rows.",
                ordered(pool),
                count - kept
            );
            let items: Result<String> = images.iter().map(|shown| item(pool, shown)).collect();
            format!(
                "<p class=\"note\">{}</p>\n<ol class=\"sheet\">\n{}</ol>\n{}",
                escape(&about),
                items?,
                missing(left_out)
            )
        }
    };
    Ok(section("images", "Contact sheet", &contents))
}

/// The order that the rows are in.
fn ordered(pool: &InspectedPool<'_>) -> &'static str {
    match pool.is_solved() {
        true => "the order of the Fiedler vector",
        false => "input order",
    }
}

fn item(pool: &InspectedPool<'_>, shown: &SheetImage) -> Result<String> {
    let (class, word) = match shown.kept {
        true => (" class=\"kept\"", "kept"),
        false => ("", "dropped"),
    };
    let (row, name) = (shown.row, escape(&pool.name(shown.row)));
    Ok(format!(
        "<li{class}><img src=\"{}\" alt=\"{name}, {word}\" title=\"{name}\">{word} {row}</li>\n",
        data_uri(&encode_png(&shown.image)?)
    ))
}
