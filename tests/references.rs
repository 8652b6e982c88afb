//! What the comments of shaders and of their hosts say of each other holds: the files exist, and
//! define what they are said to.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    let set = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    set.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into())
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// The comments of a file as running text.
fn comments(text: &str) -> String {
    let lines = text.lines().filter_map(|line| line.split_once("//"));
    let lines = lines.map(|(_, comment)| comment.trim_start_matches(['/', '!']).trim());
    lines.collect::<Vec<_>>().join(" ")
}

/// The path that a text starts with.
fn path(text: &str) -> &str {
    let of_path = |c: char| c.is_ascii_alphanumeric() || "_/.".contains(c);
    let end = text.find(|c| !of_path(c)).unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

/// The names in backquotes that a text ends with: "`A`" or "`A` and `B`".
fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text.trim_end();
    while let Some(quoted) = rest.strip_suffix('`') {
        let Some((before, name)) = quoted.rsplit_once('`') else {
            break;
        };
        names.push(name);
        rest = before.trim_end();
        rest = rest.strip_suffix(" and").map_or(rest, str::trim_end);
    }
    names
}

fn defines(source: &str, name: &str) -> bool {
    name.split("::").all(|part| {
        ["struct", "const", "fn"].iter().any(|kind| {
            let definition = format!("{kind} {part}");
            source.match_indices(&definition).any(|(at, _)| {
                let next = source[at + definition.len()..].chars().next();
                next.is_none_or(|c| !c.is_alphanumeric() && c != '_')
            })
        })
    })
}

#[test]
fn shaders_name_what_their_hosts_define() {
    let root = root();
    let shaders = files(&root.join("shaders"));
    if shaders.is_empty() {
        println!("SKIPPED: no sources beside the test program");
        return;
    }
    let mut checked = 0;
    for shader in shaders {
        let text = comments(&fs::read_to_string(&shader).unwrap());
        for (at, _) in text.match_indices(" in src/") {
            let file = path(&text[at + " in ".len()..]);
            let source = fs::read_to_string(root.join(file));
            let source = source.unwrap_or_else(|e| panic!("{}: {file}: {e}", shader.display()));
            let names = names(&text[..at]);
            assert!(!names.is_empty(), "{}: of {file}", shader.display());
            for name in names {
                assert!(
                    defines(&source, name),
                    "{}: {file} defines no {name}",
                    shader.display()
                );
                checked += 1;
            }
        }
        for (at, _) in text.match_indices("Mirrors ") {
            let sentence = text[at..].split(". ").next().unwrap();
            assert!(
                sentence.contains(" in src/"),
                "{}: {sentence}",
                shader.display()
            );
        }
    }
    assert!(checked >= 15, "{checked}");
}

#[test]
fn hosts_name_shaders_that_exist() {
    let root = root();
    let mut checked = 0;
    for source in files(&root.join("src")) {
        let text = comments(&fs::read_to_string(&source).unwrap());
        for (at, _) in text.match_indices("shaders/") {
            let named = path(&text[at..]);
            if named.ends_with(".wgsl") {
                assert!(root.join(named).exists(), "{}: {named}", source.display());
                checked += 1;
            }
        }
    }
    assert!(checked >= 8 || !root.join("src").exists(), "{checked}");
}
