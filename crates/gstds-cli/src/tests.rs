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

/// What a command line prints that asks for help.
fn help(words: &[&str]) -> String {
    let error = parse(words.iter().map(Into::into)).err().unwrap();
    assert_eq!(error.kind(), clap::error::ErrorKind::DisplayHelp, "{error}");
    error.render().to_string()
}

/// The flags that help shows, but for that of help itself.
fn shown(command: &clap::Command) -> Vec<&clap::Arg> {
    let flags = command.get_arguments();
    let flags = flags.filter(|flag| !flag.is_hide_set() && flag.get_id() != "help");
    flags.collect()
}

#[test]
fn short_help_has_a_line_a_flag_in_80_columns() {
    let mut main = command();
    main.build();
    for command in main.get_subcommands().chain([&main]) {
        let words = match command.get_name() {
            "help" => continue,
            "gstds" => vec!["gstds", "-h"],
            name => vec!["gstds", name, "-h"],
        };
        let text = help(&words);
        for line in text.lines() {
            let width = line.chars().count();
            assert!(width <= short_help::WIDTH, "{words:?}, {width}: {line}");
        }
        for flag in shown(command) {
            let Some(long) = flag.get_long() else {
                continue;
            };
            let is_of = |line: &&str| {
                let name = line
                    .split("--")
                    .nth(1)
                    .and_then(|rest| rest.split(' ').next());
                line.starts_with("  -") && name == Some(long)
            };
            let lines: Vec<&str> = text.lines().filter(is_of).collect();
            let help = flag.get_help().unwrap().to_string();
            assert!(
                lines.len() == 1 && lines[0].contains(&help),
                "{words:?}: {long} {lines:?}"
            );
        }
    }
}

#[test]
fn many_flags_are_in_groups_and_long_help_says_more() {
    let mut main = command();
    main.build();
    let mut large = 0;
    for command in main.get_subcommands() {
        let flags = shown(command);
        if flags.len() < 12 {
            continue;
        }
        large += 1;
        let name = command.get_name();
        for flag in flags {
            let heading = flag.get_help_heading();
            assert!(
                heading.is_some(),
                "{name}: {} has no heading",
                flag.get_id()
            );
        }
        let (short, long) = (
            help(&["gstds", name, "-h"]),
            help(&["gstds", name, "--help"]),
        );
        assert!(long.contains("Examples:") && !short.contains("Examples:"));
        assert!(long.len() > 2 * short.len(), "{name}");
    }
    assert!(large >= 2, "{large}");
}

#[test]
fn a_name_that_is_misspelt_is_answered_by_the_nearest_one() {
    for (line, near) in [
        ("gstds selct", "select"),
        ("gstds select --feature f.npy", "--features"),
        (
            "gstds select --features f.npy --count 1 --output k.csv --rule medoid",
            "medoids",
        ),
        ("gstds inspect --features f.npy --laplacian syn", "sym"),
    ] {
        let error = parse(line.split(' ').map(Into::into)).err().unwrap();
        let text = error.render().to_string();
        assert!(text.contains(&format!("'{near}'")), "{text}");
    }
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
