//! The definition of the command: it is valid, and so are its examples.

use super::*;

/// The lines of an "Examples:" section.
fn examples(command: &clap::Command) -> Vec<String> {
    let after = command.get_after_help().map(ToString::to_string);
    let after = after.unwrap_or_default();
    let (_, lines) = after.split_once("Examples:\n").unwrap_or_default();
    let section = lines.lines().take_while(|line| !line.trim().is_empty());
    section.map(|line| line.trim().into()).collect()
}

/// The part of a line before a pipe or a redirection.
fn ours(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
        .take_while(|word| !["|", ">"].contains(word))
}

#[test]
fn the_definition_is_sound() {
    command().debug_assert();
}

#[test]
fn every_command_has_examples_and_all_of_them_are_understood() {
    let main = command();
    for command in main.get_subcommands().chain([&main]) {
        let name = command.get_name();
        let lines = examples(command);
        assert!(!lines.is_empty(), "{name} has no examples");
        for line in lines {
            let begins = match name {
                "gstds" => "gstds ".into(),
                name => format!("gstds {name}"),
            };
            assert!(line.starts_with(&begins), "{name}: {line}");
            let parsed = parse(ours(&line).map(Into::into));
            assert!(parsed.is_ok(), "{line}: {}", parsed.err().unwrap());
        }
    }
}

/// The commands of a page's shell blocks, without comments.
#[cfg(feature = "train")]
fn commands_of(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(|block| {
        let joined = block.replace("\\\n", " ");
        let lines: Vec<String> = joined.lines().map(str::to_owned).collect();
        lines
    });
    let commands = lines.map(|line| {
        line.split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    });
    commands.filter(|line| line.starts_with("gstds ")).collect()
}

/// The pages below a folder.
#[cfg(feature = "train")]
fn pages(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let found = paths.flat_map(|path| match path.is_dir() {
        true => pages(&path),
        false => vec![path],
    });
    found
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect()
}

#[cfg(feature = "train")]
#[test]
fn every_command_of_the_documentation_is_understood() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = 0;
    for page in [vec![root.join("README.md")], pages(&root.join("docs"))].concat() {
        let text = std::fs::read_to_string(&page).unwrap();
        for line in commands_of(&text) {
            let parsed = parse(ours(&line).map(Into::into));
            let page = page.display();
            assert!(parsed.is_ok(), "{page}: {line}: {}", parsed.err().unwrap());
            found += 1;
        }
    }
    assert!(found > 20, "{found}");
}

#[test]
fn a_negative_number_is_the_value_of_every_flag_that_takes_one() {
    use clap::error::ErrorKind::UnknownArgument;
    let main = command();
    let mut flags = 0;
    for command in main.get_subcommands() {
        let longs = command
            .get_arguments()
            .filter(|arg| arg.get_action().takes_values());
        for long in longs.filter_map(clap::Arg::get_long) {
            let words = ["gstds", command.get_name(), &format!("--{long}"), "-1"];
            if let Err(error) = parse(words.map(Into::into)) {
                assert_ne!(error.kind(), UnknownArgument, "{words:?}: {error}");
            }
            flags += 1;
        }
    }
    assert!(flags > 30, "{flags}");
}
