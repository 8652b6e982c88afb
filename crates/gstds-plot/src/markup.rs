//! Text as HTML.

use std::fmt::Write as _;

/// Text with the characters replaced that mean something in HTML or in a quoted attribute.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // HTML allows no other control characters.
            '\n' | '\t' => escaped.push(character),
            control if control.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\u{fffd}");
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_end_an_element_or_an_attribute() {
        assert_eq!(
            escaped("<script>alert('x')</script> & \"y\"\n"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;\n"
        );
        assert_eq!(escaped("a\u{0}b\u{7f}λ"), "a\u{fffd}b\u{fffd}λ");
    }
}
