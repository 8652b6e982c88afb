//! The contents of pages and pictures.

/// The values of an attribute, wherever it is.
pub fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let parts = page.split(start.as_str()).skip(1);
    parts.filter_map(|rest| rest.split('"').next()).collect()
}

/// That every element that is opened is closed, in order.
pub fn check_elements(page: &str) {
    const VOID: [&str; 5] = ["meta", "link", "img", "source", "input"];
    let mut open = Vec::new();
    let body = page.strip_prefix("<!DOCTYPE html>").unwrap();
    for part in body.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag that ends");
        let name = tag.split_whitespace().next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "</{tag}>"),
            None if VOID.contains(&name) || tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// A colour in a chart that does not follow the page's theme, if there is one.
pub fn fixed_colour(page: &str) -> Option<&str> {
    let colours = ["fill", "stroke"].map(|attribute| values(page, attribute));
    let mut colours = colours.into_iter().flatten();
    colours.find(|colour| colour.starts_with('#'))
}

/// A PNG or a JPEG, decoded.
pub fn pixels(file: &[u8]) -> image::RgbImage {
    image::load_from_memory(file).unwrap().to_rgb8()
}

/// Whether all pixels are the same.
pub fn is_blank(image: &image::RgbImage) -> bool {
    image.pixels().all(|pixel| pixel == image.get_pixel(0, 0))
}
