//! A whole page of HTML: everything in it, nothing loaded.

const STYLE: &str = include_str!("style.css");
/// Browsers are told that there is nothing to load, whatever a text may have smuggled in.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// A whole page around its sections: `style` beside what all pages have, and `title` and `from`,
/// what it was made of, as HTML.
pub fn document(title: &str, style: &str, sections: &str, from: &str) -> String {
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
{STYLE}{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{sections}</main>
<footer>Made by gstds {} {from}.</footer>
</body>
</html>
"#,
        env!("CARGO_PKG_VERSION"),
    )
}
