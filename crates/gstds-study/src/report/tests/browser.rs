//! A report in a real browser, where there is one: phone and desktop, light and dark.

use super::{groups, report};
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

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

/// What a browser writes to stdout and stderr; none where it does not start. One that hangs is
/// killed.
fn ended(browser: &mut Command, folder: &Path) -> Option<(String, String)> {
    let [page, log] = ["page", "log"].map(|name| folder.join(name));
    browser.stdout(File::create(&page).unwrap());
    browser.stderr(File::create(&log).unwrap());
    let mut child = browser.spawn().ok()?;
    let end = Instant::now() + Duration::from_secs(120);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the browser hangs: {}", read(&log));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Some((read(&page), read(&log)))
}

fn read(file: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
}

/// The probe's answers and the browser's log; none where no browser starts.
fn probed(folder: &Path, dark: bool) -> Option<(serde_json::Value, String)> {
    let scheme = format!("preferredColorScheme={}", if dark { 0 } else { 1 });
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--allow-file-access-from-files",
        "--enable-logging=stderr",
        "--virtual-time-budget=5000",
        "--window-size=1400,1000",
        "--dump-dom",
    ];
    let output = BROWSERS.iter().find_map(|browser| {
        let mut command = Command::new(browser);
        command
            .args(arguments)
            .arg(format!(
                "--user-data-dir={}",
                folder.join("profile").display()
            ))
            .arg(format!("--blink-settings={scheme}"))
            .arg(format!("file://{}", folder.join("probe.html").display()));
        ended(&mut command, folder)
    });
    let (page, log) = output?;
    let answers = page.split("<pre id=\"found\">found:").nth(1);
    let answers = answers.and_then(|rest| rest.split(":end").next());
    let answers = answers.unwrap_or_else(|| panic!("no answer: {log}"));
    Some((serde_json::from_str(answers).unwrap(), log))
}

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
        let Some((found, log)) = probed(folder, dark) else {
            println!(
                "SKIPPED: no browser of {} is installed",
                BROWSERS.join(", ")
            );
            return;
        };
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
        assert!(found[2]["over"].as_i64().unwrap() > 200, "{found}");
        assert_eq!(found[2]["shown"], 0, "{found}");
        let console = log.lines().filter(|line| line.contains("CONSOLE"));
        let console: Vec<&str> = console.collect();
        assert!(console.is_empty(), "{console:?}");
    }
}
