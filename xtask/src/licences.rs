//! The licences of what the program is made of, as one text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::command;

/// How the names of files with a licence begin, in capitals.
const FILES: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];

/// A crate as it is linked.
struct Dependency {
    /// Name and version.
    name: String,
    /// As the crate states it, such as `MIT OR Apache-2.0`.
    expression: String,
    authors: Vec<String>,
    folder: PathBuf,
}

/// Every crate that a package links, with its licence, and each licence's text once.
pub(crate) fn of_dependencies(package: &str) -> Result<String> {
    let linked = linked(package)?;
    let metadata = ["metadata", "--format-version", "1", "--offline", "--locked"];
    let metadata: Value = serde_json::from_str(&command::output(&mut command::cargo(metadata))?)?;
    let packages = metadata["packages"].as_array();
    let packages = packages.context("cargo metadata lists no packages")?;
    let known = packages.iter().filter_map(Dependency::from_package);
    let found: Vec<Dependency> = known.filter(|it| linked.contains(&it.name)).collect();
    ensure!(
        found.len() >= linked.len(),
        "cargo metadata has {} of the {} crates that {package} links",
        found.len(),
        linked.len()
    );
    text(&found)
}

/// Names and versions of the crates of others that a package links.
fn linked(package: &str) -> Result<BTreeSet<String>> {
    let args = ["tree", "--package", package, "--edges", "normal"];
    let mut tree = command::cargo(args);
    tree.args(["--prefix", "none", "--offline", "--locked"]);
    Ok(names(&command::output(&mut tree)?))
}

/// Of the lines of `cargo tree`, without crates that are on this disk and those compiled into the
/// compiler alone.
fn names(tree: &str) -> BTreeSet<String> {
    let lines = tree.lines().filter(|line| !line.contains("(proc-macro)"));
    let names = lines.filter_map(|line| {
        let mut words = line.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        let on_disk = words.next().is_some_and(|word| word.starts_with("(/"));
        (!on_disk).then(|| format!("{name} {version}"))
    });
    names.collect()
}

impl Dependency {
    /// From what `cargo metadata` says of a package.
    fn from_package(package: &Value) -> Option<Self> {
        let manifest = Path::new(package["manifest_path"].as_str()?);
        let authors = package["authors"].as_array()?.iter();
        let (name, version) = (package["name"].as_str()?, package["version"].as_str()?);
        Some(Self {
            name: format!("{name} {version}"),
            expression: package["license"].as_str().unwrap_or("see its text").into(),
            authors: authors.filter_map(|it| Some(it.as_str()?.into())).collect(),
            folder: manifest.parent()?.into(),
        })
    }

    /// The texts that come with it.
    fn texts(&self) -> Result<Vec<String>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = name.to_uppercase();
            if path.is_file() && FILES.iter().any(|begin| name.starts_with(begin)) {
                files.push(path);
            }
        }
        files.sort();
        let read = |path: &PathBuf| Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned());
        files.iter().map(read).collect()
    }
}

/// The list of crates, then the texts, each with the crates that have it.
fn text(dependencies: &[Dependency]) -> Result<String> {
    let mut out = String::from("gstds contains these crates of others.\n\n");
    // By its words: copies differ in their line ends.
    let mut texts: BTreeMap<String, (String, Vec<&str>)> = BTreeMap::new();
    for dependency in dependencies {
        let Dependency {
            name, expression, ..
        } = dependency;
        let by = dependency.authors.join(", ");
        let by = if by.is_empty() {
            by
        } else {
            format!(", by {by}")
        };
        writeln!(out, "{name}: {expression}{by}")?;
        for text in dependency.texts()? {
            let words: Vec<&str> = text.split_whitespace().collect();
            let entry = texts.entry(words.join(" "));
            let (_, crates) = entry.or_insert_with(|| (text, Vec::new()));
            crates.push(name);
        }
    }
    for (text, crates) in texts.values() {
        let rule = "=".repeat(80);
        write!(
            out,
            "\n{rule}\n{}\n\n{}\n",
            crates.join(", "),
            text.trim_end()
        )?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_that_are_linked_are_told_from_ours_and_from_macros() {
        let tree = "gstds-cli v0.1.0 (/home/gstds/crates/gstds-cli)\n\
                    clap v4.6.0\nclap_derive v4.6.0 (proc-macro)\n\
                    serde v1.0.1 (*)\n\nwgpu v30.0.0\n";
        let names: Vec<String> = names(tree).into_iter().collect();
        assert_eq!(names, ["clap 4.6.0", "serde 1.0.1", "wgpu 30.0.0"]);
    }

    #[test]
    fn each_text_is_there_once_and_names_its_crates() {
        let folder = tempfile::tempdir().unwrap();
        let dependency = |name: &str, file: &str, text: &str| {
            let folder = folder.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(file), text).unwrap();
            fs::write(folder.join("README.md"), "not a licence").unwrap();
            Dependency {
                name: format!("{name} 1.0.0"),
                expression: "MIT".into(),
                authors: vec!["A <a@b.c>".into()],
                folder,
            }
        };
        let text = text(&[
            dependency("a", "LICENSE-MIT", "Permission is\nhereby granted"),
            dependency("b", "license.txt", "Permission is hereby\r\ngranted\r\n"),
            dependency("c", "COPYING", "Another"),
        ])
        .unwrap();
        assert!(text.contains("a 1.0.0: MIT, by A <a@b.c>\n"), "{text}");
        assert!(text.contains("\na 1.0.0, b 1.0.0\n\nPermission is\nhereby granted\n"));
        assert!(text.contains("\nc 1.0.0\n\nAnother\n"), "{text}");
        assert_eq!(text.matches("Permission").count(), 1);
        assert!(!text.contains("not a licence"));
    }

    #[test]
    fn every_crate_of_the_program_states_its_licence() {
        let text = of_dependencies("gstds-cli").unwrap();
        for part in ["\nwgpu 30.", "\nburn 0.22", "Apache License", "MIT License"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains(": see its text"), "{text}");
    }
}
