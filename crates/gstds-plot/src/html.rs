//! Self-contained HTML pages: everything is in the page, nothing is loaded.

use crate::canvas::{encode_png, failed};
use crate::error::Result;
use crate::theme::Theme;
use base64::{Engine, prelude::BASE64_STANDARD};
use image::{ExtendedColorType, RgbImage, codecs::jpeg::JpegEncoder};

const STYLE: &str = include_str!("style.css");
/// Browsers load nothing, whatever markup a text may contain.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// Longest side of an image that keeps every pixel.
const EXACT_SIDE: u32 = 96;
/// Quality of the JPEG of larger ones, of 100.
const QUALITY: u8 = 75;

/// Columns from which a table is set closely.
const MANY_COLUMNS: usize = 10;

/// Escapes text for HTML and for quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            // HTML allows no other control characters.
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A section with a heading; `id` is its anchor, `contents` are HTML.
pub fn section(id: &str, heading: &str, contents: &str) -> String {
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{contents}</section>\n",
        escape(heading)
    )
}

/// A table in a box. Where the box is narrow each row becomes a list of its cells, each with the
/// head of its column before it, so that a phone shows all of them; where a wide table does not fit
/// nevertheless, it scrolls within the box. `name` is its accessible name; the first cell of a row
/// is its heading. All are text.
pub fn table(name: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    let head: String = heads
        .iter()
        .map(|head| format!("<th scope=\"col\">{}</th>", escape(head)))
        .collect();
    let body: String = rows.iter().map(|row| line(heads, row)).collect();
    let many = match heads.len() >= MANY_COLUMNS {
        true => " many",
        false => "",
    };
    format!(
        "<div class=\"wide{many}\" role=\"region\" aria-label=\"{}\" tabindex=\"0\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n",
        escape(name)
    )
}

fn line(heads: &[&str], cells: &[String]) -> String {
    let heads = heads.iter().copied().chain(std::iter::repeat(""));
    let cells = cells.iter().zip(heads).enumerate();
    let cells = cells.map(|(column, (cell, head))| {
        let cell = escape(cell);
        match column {
            0 => format!("<th scope=\"row\">{cell}</th>"),
            _ => format!("<td data-head=\"{}\">{cell}</td>", escape(head)),
        }
    });
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}

/// A paragraph for each thing that could not be shown, with the reason.
pub fn missing(reasons: &[String]) -> String {
    let paragraph =
        |reason: &String| format!("<p class=\"missing\">Not shown. {}</p>\n", escape(reason));
    reasons.iter().map(paragraph).collect()
}

/// A figure with a title and a caption, which may be empty, around `picture`: HTML, such as
/// [`svg`](crate::svg) and [`picture`] make.
pub fn figure(title: &str, caption: &str, picture: &str) -> String {
    let caption = match caption.is_empty() {
        true => String::new(),
        false => format!("<figcaption>{}</figcaption>\n", escape(caption)),
    };
    format!(
        "<figure>\n<h3>{}</h3>\n{picture}{caption}</figure>\n",
        escape(title)
    )
}

/// A picture from two PNGs, the light and the dark one, of which the browser shows the one that
/// matches the user's preference.
pub fn picture([light, dark]: &[Vec<u8>; 2], description: &str) -> String {
    format!(
        "<picture><source srcset=\"{}\" media=\"(prefers-color-scheme: dark)\"><img class=\"map\" src=\"{}\" alt=\"{}\"></picture>\n",
        data_uri(dark),
        data_uri(light),
        escape(description)
    )
}

/// A PNG as a `data:` URI.
pub fn data_uri(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png))
}

/// An image as a `data:` URI: a PNG where it is small, up to 96 pixels a side, and else a JPEG of
/// quality 75, which takes a fifth of that or less.
///
/// # Errors
/// [`Error`](crate::Error) for an image without pixels.
pub fn image_uri(image: &RgbImage) -> Result<String> {
    let (width, height) = image.dimensions();
    if width.max(height) <= EXACT_SIDE {
        return Ok(data_uri(&encode_png(image)?));
    }
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    encoder
        .encode(image, width, height, ExtendedColorType::Rgb8)
        .map_err(failed)?;
    let encoded = BASE64_STANDARD.encode(jpeg);
    Ok(format!("data:image/jpeg;base64,{encoded}"))
}

/// A page: `style` is CSS in addition to that of all pages, `sections` are HTML, and `source`, what
/// the page was made from, completes the footer's "Made by gstds 1.2.3 ...".
pub fn page(title: &str, style: &str, sections: &str, source: &str) -> String {
    let colours = colours();
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{colours}{STYLE}{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{sections}</main>
<footer>Made by gstds {} {source}.</footer>
</body>
</html>
"#,
        env!("CARGO_PKG_VERSION"),
    )
}

/// The colours of charts and text as CSS variables, for light and for dark.
fn colours() -> String {
    let [light, dark] = Theme::ALL.map(|theme| {
        let variables = theme.palette().variables();
        variables
            .map(|(variable, colour)| format!("{variable}: {colour}; "))
            .collect::<String>()
    });
    format!(":root {{ {light}}}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_end_an_element_or_an_attribute() {
        assert_eq!(
            escape("<script>alert('x')</script> & \"y\"\n"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;\n"
        );
        assert_eq!(escape("a\u{0}b\u{7f}λ"), "a\u{fffd}b\u{fffd}λ");
    }

    #[test]
    fn cells_carry_the_heads_that_a_phone_shows_before_them() {
        let row = |cells: &[&str]| cells.iter().map(|&cell| cell.into()).collect();
        let table = table("n", &["a", "<b>"], &[row(&["1", "2", "3"])]);
        let line = "<tr><th scope=\"row\">1</th><td data-head=\"&lt;b&gt;\">2</td><td data-head=\"\">3</td></tr>";
        assert!(table.contains(line), "{table}");
        let close = |columns| super::table("n", &vec!["a"; columns], &[]).contains("wide many");
        assert!(close(MANY_COLUMNS) && !close(MANY_COLUMNS - 1));
    }

    #[test]
    fn small_images_keep_their_pixels_and_large_ones_take_few_bytes() {
        let image = |side: u32| {
            RgbImage::from_fn(side, side / 2, |x, y| image::Rgb([x as u8, y as u8, 90]))
        };
        let decoded = |uri: &str| {
            let (kind, encoded) = uri.split_once(";base64,").unwrap();
            let bytes = BASE64_STANDARD.decode(encoded).unwrap();
            let image = image::load_from_memory(&bytes).unwrap().to_rgb8();
            (kind.to_owned(), image)
        };
        let (kind, found) = decoded(&image_uri(&image(EXACT_SIDE)).unwrap());
        assert_eq!((kind.as_str(), found), ("data:image/png", image(96)));
        let uri = image_uri(&image(EXACT_SIDE + 1)).unwrap();
        let (kind, found) = decoded(&uri);
        assert_eq!(kind, "data:image/jpeg");
        assert_eq!(found.dimensions(), (97, 48));
        assert!(image_uri(&RgbImage::new(0, 0)).is_err());
    }

    #[test]
    fn a_page_has_every_colour_for_light_and_for_dark() {
        let page = page("t", "", "", "");
        for theme in Theme::ALL {
            for (variable, colour) in theme.palette().variables() {
                assert!(
                    page.contains(&format!("{variable}: {colour};")),
                    "{variable}"
                );
            }
        }
        let (light, dark) = page.split_once("@media").unwrap();
        assert!(light.contains("--ground: #FFFFFF") && dark.contains("--ground: #121518"));
    }
}
