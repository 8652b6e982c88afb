//! The HTML file: everything in it, nothing loaded.

mod sheet;

use super::{
    Eigenvalue, InspectedPool,
    findings::{Finding, number, percent},
    pictures::{InspectionFigures, MOST_POINTS},
};
use crate::error::Result;
use gstds_data::counted;
use gstds_plot::{
    html::{escape, figure, missing, page, picture, section, table},
    svg,
};

const STYLE: &str = include_str!("style.css");

/// The inspection as HTML. The same input gives the same text.
pub(super) fn html(
    pool: &InspectedPool<'_>,
    findings: &[Finding],
    pictures: &InspectionFigures,
) -> Result<String> {
    let facts = &pool.facts;
    let rows = match pool.input.paths {
        Some(_) => counted(facts.rows, "image", "images"),
        None => counted(facts.rows, "row", "rows"),
    };
    let title = format!("gstds inspect: {} of {rows} kept", facts.kept);
    let mut style = STYLE.to_owned();
    let mut sections = Vec::new();
    match &pictures.sheet {
        Ok(images) => {
            style.push_str(&sheet::class_rules(images));
            sections.push(sheet::section(pool, images)?);
            sections.push(summary(pool, findings));
        }
        Err(reason) => {
            sections.push(summary(pool, findings));
            let contents = missing(std::slice::from_ref(reason));
            sections.push(section("images", "Contact sheet", &contents));
        }
    }
    sections.extend([
        similarity(pool, pictures),
        order(pool, pictures)?,
        spectrum(pool, pictures)?,
    ]);
    let from = "from one selection, repeated for this page";
    let sections = sections.concat();
    Ok(page(&title, &style, &(links(&sections) + &sections), from))
}

/// Links to the sections, of which the contact sheet is long on a phone.
fn links(sections: &str) -> String {
    const NAMES: [(&str, &str); 5] = [
        ("images", "Contact sheet"),
        ("findings", "What stands out"),
        ("similarity", "Similarity"),
        ("vector", "Order"),
        ("spectrum", "Spectrum"),
    ];
    let there = |id: &str| sections.contains(&format!("<h2 id=\"{id}\">"));
    let links = NAMES.iter().filter(|(id, _)| there(id));
    let links: Vec<String> = links
        .map(|(id, name)| format!("<a href=\"#{id}\">{name}</a>"))
        .collect();
    format!("<nav aria-label=\"Sections\">{}</nav>\n", links.join("\n"))
}

fn summary(pool: &InspectedPool<'_>, findings: &[Finding]) -> String {
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
    let items: String = findings.iter().map(item).collect();
    let contents = format!(
        "<ul class=\"findings\">\n{items}</ul>\n<p class=\"note\">{}</p>\n",
        escape(&about)
    );
    section("findings", "What stands out", &contents)
}

fn item(finding: &Finding) -> String {
    let figures = match finding.figures.is_empty() {
        true => String::new(),
        false => format!(" <span class=\"note\">{}</span>", escape(&finding.figures)),
    };
    format!("<li>{}{figures}</li>\n", escape(&finding.says))
}

fn spectrum(pool: &InspectedPool<'_>, pictures: &InspectionFigures) -> Result<String> {
    let values = &pool.facts.eigenvalues;
    if values.is_empty() {
        return Ok(String::new());
    }
    let mut contents = note(
        "Each value belongs to one way of dividing the pool in two, the clearest first. A value near 0 means that the two sides have almost nothing in common; a large step from one value to the next means that the divisions before it stand out.",
    );
    if let Some(drawn) = &pictures.spectrum {
        let name = "Ritz values of the Laplacian by number";
        let caption = "The smallest eigenvalues that the solve found (Ritz values), without the trivial 0. A multiple eigenvalue appears once. Values whose vector was not computed may not have converged.";
        contents.push_str(&figure(
            "Eigenvalues, smallest first",
            caption,
            &svg(drawn, name)?,
        ));
    }
    let heads = [
        "value",
        "size",
        "residual",
        "rows on each side",
        "top row",
        "its share",
        "effective rows",
    ];
    let rows: Vec<Vec<String>> = values.iter().map(line).collect();
    contents.push_str(&table("Eigenvalues", &heads, &rows));
    contents.push_str(&note(
        "Values whose vector was not computed have no rows beside them. Residuals are ‖Lv − λv‖ relative to 1 (sym) or the largest degree (un). The top row has the largest component, and its share is that of the squares. The effective rows, (Σx²)² / Σx⁴, are the number of equal rows that would be as concentrated.",
    ));
    let heading = "How clearly the pool divides (the spectrum)";
    Ok(section("spectrum", heading, &contents))
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
        None => cells.extend(std::iter::repeat_n(String::new(), 4)),
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
    let mut contents = note(
        "Every row has a score, computed so that similar rows have similar scores: sorted by it, rows stand in one line from one end of the pool to the other. Rows are kept along this line. A steep step is a gap between groups, a plateau a group of rows that are alike.",
    );
    contents.push_str(&figure("Scores by rank", &caption, &drawn));
    let heading = "The line that rows are kept along (the Fiedler vector)";
    Ok(section("vector", heading, &contents))
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
    let mut contents = note(&format!(
        "Each dot compares two rows: the brighter, the more alike. Bars at the edges mark kept rows. {which}"
    ));
    contents.push_str("<div class=\"figures\">\n");
    if let Some(maps) = &pictures.fiedler_order {
        let described = format!(
            "Cosine similarity of {drawn} rows, ordered by the Fiedler vector; bars at the left and upper edge mark {kept} kept rows"
        );
        contents.push_str(&figure(
            "In the order of the Fiedler vector",
            "Similar rows lie near each other, and bright squares on the diagonal are groups.",
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
    section("similarity", "Which rows are alike", &contents)
}

/// A paragraph of small text.
fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(text))
}

/// The order that the rows are in.
fn ordered(pool: &InspectedPool<'_>) -> &'static str {
    match pool.is_solved() {
        true => "the order of the Fiedler vector",
        false => "input order",
    }
}
