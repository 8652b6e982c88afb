//! Pages in a real browser, where there is one.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Browsers that are looked for.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What a browser found.
#[derive(Debug)]
pub struct BrowserAnswer {
    /// The text that the page left between `found:` and `:end`.
    pub found: String,
    /// The lines that pages wrote to the console.
    pub console: Vec<String>,
}

/// Opens `probe.html` of a folder, whose pages it may read, for readers who prefer light or dark.
/// It leaves its answer in an element `<pre id="found">`. None where no browser starts.
pub fn in_browser(folder: &Path, dark: bool) -> Option<BrowserAnswer> {
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
    let found = page.split("<pre id=\"found\">found:").nth(1);
    let found = found.and_then(|rest| rest.split(":end").next());
    let console = log.lines().filter(|line| line.contains("CONSOLE"));
    Some(BrowserAnswer {
        found: found.unwrap_or_else(|| panic!("no answer: {log}")).into(),
        console: console.map(str::to_owned).collect(),
    })
}

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
