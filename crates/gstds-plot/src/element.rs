//! Pieces of HTML that several sections have.

use crate::{Chart, Result, Theme, markup::escaped, svg};
use base64::{Engine, prelude::BASE64_STANDARD};

/// A section with its heading; `id` is where it can be linked to.
pub fn section(id: &str, heading: &str, contents: &str) -> String {
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{contents}</section>\n",
        escaped(heading)
    )
}

/// A table in a box of its own, in which it scrolls where it is wider than the page. Cells are text.
pub fn table(name: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    let head: String = heads
        .iter()
        .map(|head| format!("<th scope=\"col\">{}</th>", escaped(head)))
        .collect();
    let body: String = rows.iter().map(|row| line(row)).collect();
    format!(
        "<div class=\"wide\" role=\"region\" aria-label=\"{}\" tabindex=\"0\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n",
        escaped(name)
    )
}

fn line(cells: &[String]) -> String {
    let cells = cells.iter().enumerate().map(|(column, cell)| {
        let cell = escaped(cell);
        match column {
            0 => format!("<th scope=\"row\">{cell}</th>"),
            _ => format!("<td>{cell}</td>"),
        }
    });
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}

/// What could not be shown, a paragraph each.
pub fn missing(reasons: &[String]) -> String {
    let paragraph =
        |reason: &String| format!("<p class=\"missing\">Not shown. {}</p>\n", escaped(reason));
    reasons.iter().map(paragraph).collect()
}

/// A figure with its title and, where there is one, its caption.
pub fn figure(title: &str, caption: &str, picture: &str) -> String {
    let caption = match caption.is_empty() {
        true => String::new(),
        false => format!("<figcaption>{}</figcaption>\n", escaped(caption)),
    };
    format!(
        "<figure>\n<h3>{}</h3>\n{picture}{caption}</figure>\n",
        escaped(title)
    )
}

/// A chart for either theme, of which the page shows one.
pub fn chart<C: Chart>(chart: &C, name: &str) -> Result<String> {
    let mut text = String::new();
    for theme in Theme::ALL {
        let drawing = svg(chart, theme, name)?;
        text.push_str(&format!(
            "<div class=\"{}\">{drawing}</div>\n",
            theme.name()
        ));
    }
    Ok(text)
}

/// A PNG for either theme, of which the browser shows one.
pub fn picture([light, dark]: &[Vec<u8>; 2], description: &str) -> String {
    format!(
        "<picture><source srcset=\"{}\" media=\"(prefers-color-scheme: dark)\"><img class=\"map\" src=\"{}\" alt=\"{}\"></picture>\n",
        data_uri(dark),
        data_uri(light),
        escaped(description)
    )
}

/// A PNG as a link that holds it.
pub fn data_uri(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png))
}
