//! A report in a real browser, where there is one: phone and desktop, light and dark.

use super::{groups, report};
use gstds_testing::in_browser;

/// What the probe measures of a page in a frame: width without scrolling, images that show, and the
/// computed colours of its charts: background, text and lines.
const PROBE: &str = r#"<!DOCTYPE html>
<iframe src="report.html" width="390" height="800"></iframe>
<iframe src="report.html" width="1280" height="800"></iframe>
<iframe src="wide.html" width="390" height="800"></iframe>
<pre id="found"></pre>
<script>
onload = () => {
  const found = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument;
    const images = [...page.images];
    const colours = (selector, property) => [...new Set(
      [...page.querySelectorAll(selector)].map(it => getComputedStyle(it)[property])
    )];
    return {
      over: page.documentElement.scrollWidth - page.documentElement.clientWidth,
      tables: [...page.querySelectorAll(".wide")].map(it => it.scrollWidth - it.clientWidth),
      shown: images.filter(image => image.complete && image.naturalWidth > 0).length,
      images: images.length,
      charts: page.querySelectorAll("svg").length,
      ground: colours("svg > rect:first-of-type", "fill"),
      text: colours("svg text", "fill"),
      lines: colours("svg polyline", "stroke"),
    };
  });
  document.getElementById("found").textContent = "found:" + JSON.stringify(found) + ":end";
};
</script>
"#;

#[test]
fn a_browser_shows_it_at_phone_and_desktop_width_light_and_dark() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    let page = report(&groups(&folder.join("runs"))).page().to_owned();
    std::fs::write(folder.join("report.html"), &page).unwrap();
    std::fs::write(folder.join("probe.html"), PROBE).unwrap();
    // Shows that the probe detects both faults.
    let wide = "<!DOCTYPE html><p style=\"width: 700px\">x</p><img src=\"none.png\">";
    std::fs::write(folder.join("wide.html"), wide).unwrap();
    for dark in [false, true] {
        let Some(answer) = in_browser(folder, dark) else {
            gstds_testing::left_out("browser");
            return;
        };
        let found: serde_json::Value = serde_json::from_str(&answer.found).unwrap();
        for page in [&found[0], &found[1]] {
            assert_eq!(page["over"], 0, "{found}");
            assert_eq!(
                (&page["images"], &page["shown"]),
                (&240.into(), &240.into()),
                "{found}"
            );
            // All backgrounds, texts (labels and numbers) and first series have the theme's
            // colours.
            let (ground, text, series) = match dark {
                true => (
                    "rgb(18, 21, 24)",
                    ["rgb(164, 172, 180)", "rgb(232, 235, 238)"],
                    "rgb(96, 180, 240)",
                ),
                false => (
                    "rgb(255, 255, 255)",
                    ["rgb(28, 32, 36)", "rgb(88, 96, 104)"],
                    "rgb(0, 98, 160)",
                ),
            };
            assert_eq!(page["charts"], 6, "{found}");
            assert_eq!(page["ground"], serde_json::json!([ground]), "{found}");
            let mut texts: Vec<&str> = page["text"]
                .as_array()
                .unwrap()
                .iter()
                .map(|colour| colour.as_str().unwrap())
                .collect();
            texts.sort_unstable();
            assert_eq!(texts, text, "{found}");
            let lines = page["lines"].as_array().unwrap();
            assert!(lines.contains(&series.into()), "{found}");
        }
        // On a phone tables are lists.
        let tables = found[0]["tables"].as_array().unwrap();
        assert!(
            tables.len() > 1 && tables.iter().all(|over| over == 0),
            "{found}"
        );
        assert!(found[2]["over"].as_i64().unwrap() > 200, "{found}");
        assert_eq!(found[2]["shown"], 0, "{found}");
        assert_eq!(answer.console, [""; 0]);
    }
}
