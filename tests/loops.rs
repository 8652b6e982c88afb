//! Every loop of every shader ends, so that the kernels may be compiled without wgpu's limit on
//! iterations (`module` in src/kernel/pipelines.rs).
//!
//! A `for` loop counts towards a limit. A counter that adds strides stays below 2³²: limits are
//! rows, columns, words or entries of buffers, at most 2³¹, and strides at most 2²⁰.

use std::{fs, path::Path};

/// Loops of another form, by file and line, and why each ends.
const ARGUED: [(&str, &str, &str); 3] = [
    (
        "shared/gram_schmidt.wgsl",
        "while lanes > 8u && THREADS / lanes < count {",
        "halves `lanes` until it is 8",
    ),
    (
        "fused.wgsl",
        "loop {",
        "adds 1 to `done` and breaks at `limit`, which is at most the override `steps`",
    ),
    (
        "entries.wgsl",
        "while rest != 0u {",
        "clears one bit of `rest` each time",
    ),
];

fn wgsl_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => files.extend(wgsl_files(&path)),
            false => files.push(path),
        }
    }
    files
}

/// The header's counter, condition and step, such as `row`, `row < rows` and `row += 4u`.
fn header(line: &str) -> Option<(&str, &str, &str)> {
    let inside = line.strip_prefix("for (var ")?.strip_suffix(") {")?;
    let mut parts = inside.split("; ");
    let counter = parts.next()?.split([' ', ':']).next()?;
    let (condition, step) = (parts.next()?, parts.next()?);
    parts.next().is_none().then_some((counter, condition, step))
}

/// Whether the counter rises to a limit that it is not part of, or falls to zero.
fn ends((counter, condition, step): (&str, &str, &str)) -> bool {
    let limit = |less: &str| {
        let (left, right) = condition.split_once(less)?;
        // A limit that names the counter would move with it.
        let fixed = !right
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|w| w == counter);
        (left.split(' ').next() == Some(counter) && fixed).then_some(())
    };
    let rises = step == format!("{counter}++")
        || step.starts_with(&format!("{counter} += ")) && step != format!("{counter} += 0u")
        || step == format!("{counter} *= 2u");
    let falls = step == format!("{counter}--") || step == format!("{counter} /= 2u");
    rises && limit(" < ").is_some() || falls && condition == format!("{counter} > 0u")
}

/// The lines of the block that the header on `lines[at]` opens, by its indentation.
fn body<'a>(lines: &'a [&'a str], at: usize) -> &'a [&'a str] {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines[at]);
    let close = |line: &&str| line.trim() == "}" && indent(line) == own;
    let length = lines[at + 1..]
        .iter()
        .position(close)
        .expect("the block closes");
    &lines[at + 1..at + 1 + length]
}

fn is_changed(counter: &str, body: &[&str]) -> bool {
    body.iter().any(|line| {
        let rest = line.trim().strip_prefix(counter);
        rest.is_some_and(|rest| {
            let rest = rest.trim_start();
            ["=", "+=", "-=", "*=", "/=", "++", "--", "|=", "&="]
                .iter()
                .any(|sign| rest.starts_with(sign) && !rest.starts_with("=="))
        })
    })
}

#[test]
fn every_loop_ends() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut loops = 0;
    let mut argued = Vec::new();
    for file in wgsl_files(&root) {
        let text = fs::read_to_string(&file).unwrap();
        let name = file
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let line = line.trim();
            if !["for (", "for(", "while ", "while(", "loop "]
                .iter()
                .any(|k| line.starts_with(k))
            {
                continue;
            }
            loops += 1;
            if let Some((file, line, _)) = ARGUED.iter().find(|a| a.0 == name && a.1 == line) {
                argued.push((*file, *line));
                continue;
            }
            let header = header(line).unwrap_or_else(|| panic!("{name}:{}: {line}", at + 1));
            assert!(ends(header), "{name}:{}: {line}", at + 1);
            let body = body(&lines, at);
            let mut words = header.1.split(|c: char| !c.is_alphanumeric() && c != '_');
            // The counter is the first of them, and a limit's name may not change either.
            let changed = words.find(|word| !word.is_empty() && is_changed(word, body));
            assert_eq!(changed, None, "{name}:{}: {line}", at + 1);
        }
    }
    assert!(loops > 80, "{loops} loops found");
    assert_eq!(argued.len(), ARGUED.len(), "{argued:?}");
}

#[test]
fn a_loop_that_may_not_end_is_found() {
    let ends = |line: &str| header(line).is_some_and(ends);
    assert!(ends("for (var i = 0u; i < size; i++) {"));
    assert!(ends(
        "for (var row = 4u * lane; row < params.rows; row += 4u * THREADS) {"
    ));
    assert!(ends("for (var half = LANES / 2u; half > 0u; half /= 2u) {"));
    assert!(!ends("for (var i = 0u; i < size; i--) {"));
    assert!(!ends("for (var i = 0u; i < i + 1u; i++) {"));
    assert!(!ends("for (var i = 0u; i != size; i += 2u) {"));
    assert!(!ends("for (var i = 0u; other < size; i++) {"));
    assert!(!ends("for (;;) {"));
    assert!(is_changed("i", &["    i -= 1u;"]));
    assert!(!is_changed("i", &["    if i == 2u {", "    index = 3u;"]));
}
