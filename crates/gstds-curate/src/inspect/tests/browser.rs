//! An inspection in a real browser, where there is one: phone and desktop, light and dark.

use super::sheet::page_of_every_kind;

/// What is done to the page in a frame, phone and desktop, and what is then seen of it.
const PROBE: &str = r##"<!DOCTYPE html>
<iframe src="inspect.html" width="390" height="800"></iframe>
<iframe src="inspect.html" width="1280" height="800"></iframe>
<pre id="found"></pre>
<script>
onload = () => {
  const found = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument;
    const all = selector => [...page.querySelectorAll(selector)];
    const seen = () => all(".sheet > li").filter(it => it.getClientRects().length > 0).length;
    const choose = kind => { page.querySelector(`[value=${kind}]`).click(); return seen(); };
    const box = selector => page.querySelector(selector).getBoundingClientRect();
    const kinds = ["kept", "dropped", "suspect", "alike", "all"].map(choose);
    page.querySelector("[value=c1]").selected = true;
    const ofClass = seen();
    page.querySelector("[value=any]").selected = true;
    const small = box("#row-3 img").width;
    page.querySelector("[popovertarget=row-3].enlarge").click();
    const [large, open] = [box("#row-3 img").width, all(":popover-open").length];
    page.querySelector("#row-3 button").click();
    return {
      over: page.documentElement.scrollWidth - page.documentElement.clientWidth,
      tables: all(".wide").map(it => it.scrollWidth - it.clientWidth),
      images: all("img").every(image => image.complete && image.naturalWidth > 0),
      kinds, ofClass, open, grows: large / small, closed: all(":popover-open").length,
      ground: page.defaultView.getComputedStyle(page.body).backgroundColor,
    };
  });
  document.getElementById("found").textContent = "found:" + JSON.stringify(found) + ":end";
};
</script>
"##;

#[test]
fn a_browser_chooses_and_enlarges_images_and_nothing_scrolls_sideways() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    std::fs::write(folder.join("inspect.html"), page_of_every_kind(folder)).unwrap();
    std::fs::write(folder.join("probe.html"), PROBE).unwrap();
    for dark in [false, true] {
        let Some(answer) = gstds_testing::in_browser(folder, dark) else {
            gstds_testing::left_out("browser");
            return;
        };
        let found: serde_json::Value = serde_json::from_str(&answer.found).unwrap();
        let ground = match dark {
            true => "rgb(18, 21, 24)",
            false => "rgb(255, 255, 255)",
        };
        for page in [&found[0], &found[1]] {
            assert_eq!(page["over"], 0, "{found}");
            assert_eq!(page["tables"], serde_json::json!([0]), "{found}");
            assert_eq!(page["images"], true, "{found}");
            assert_eq!(page["kinds"], serde_json::json!([2, 5, 1, 3, 7]), "{found}");
            assert_eq!(page["ofClass"], 2, "{found}");
            assert_eq!(
                (&page["open"], &page["closed"]),
                (&1.into(), &0.into()),
                "{found}"
            );
            assert!(page["grows"].as_f64().unwrap() > 2.0, "{found}");
            assert_eq!(page["ground"], ground, "{found}");
        }
        assert_eq!(answer.console, [""; 0]);
    }
}
