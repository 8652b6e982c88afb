//! What `-h` prints: a line a flag, in groups, in 80 columns. `--help` has the rest.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

/// Columns of a line at most.
pub(crate) const WIDTH: usize = 80;
/// Where texts begin; a longer flag pushes its own to the right.
const COLUMN: usize = 30;
/// The heading of flags that have none.
const UNGROUPED: &str = "Options";

/// Whether these words ask for it. A false alarm does no harm: other help is not changed.
pub(crate) fn is_asked(words: &[OsString]) -> bool {
    let words = words.iter().map(|word| word.to_string_lossy());
    let mut short = words.filter(|word| word.starts_with('-') && !word.starts_with("--"));
    short.any(|word| word.contains('h'))
}

/// The command with short help in place of all help.
pub(crate) fn with(command: Command) -> Command {
    let mut built = command.clone();
    // Passes global flags down to every command, and names them by their parents.
    built.build();
    let commands = built.get_subcommands();
    let texts: Vec<(String, String)> = commands
        .filter(|command| command.get_name() != "help")
        .map(|command| (command.get_name().into(), text(command)))
        .collect();
    let command = command.override_help(text(&built));
    texts.into_iter().fold(command, |command, (name, text)| {
        command.mut_subcommand(name, |command| command.override_help(text))
    })
}

fn text(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_about().map(ToString::to_string);
    let mut text = wrapped(&about.unwrap_or_default(), "");
    let usage = command.clone().render_usage().to_string();
    text.push_str(&format!("\n{}", wrapped(usage.trim(), "       ")));
    let headed = |heading: &str, lines: String| {
        let style = command.get_styles().get_header();
        format!("\n{style}{heading}:{style:#}\n{lines}")
    };
    let commands = command.get_subcommands();
    let commands: String = commands
        .filter(|command| command.get_name() != "help")
        .map(|command| {
            let about = command.get_about().map(ToString::to_string);
            format!(
                "  {:<13}{}\n",
                command.get_name(),
                about.unwrap_or_default()
            )
        })
        .collect();
    if !commands.is_empty() {
        text.push_str(&headed("Commands", commands));
    }
    for (heading, flags) in groups(command) {
        let lines = flags.iter().map(|flag| line(command, flag)).collect();
        text.push_str(&headed(heading, lines));
    }
    text.push_str(&match command.has_subcommands() {
        true => format!("\nMore: {name} COMMAND -h, {name} COMMAND --help, {name} --help\n"),
        false => format!("\nMore on each flag, and examples: {name} --help\n"),
    });
    text
}

/// Flags by their headings, both in the order of their definition.
fn groups(command: &Command) -> Vec<(&str, Vec<&Arg>)> {
    let mut groups: Vec<(&str, Vec<&Arg>)> = Vec::new();
    for flag in command.get_arguments() {
        let is_help = matches!(
            flag.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong
        );
        if flag.is_hide_set() || is_help {
            continue;
        }
        let heading = match flag.is_positional() {
            true => "Arguments",
            false => flag.get_help_heading().unwrap_or(UNGROUPED),
        };
        match groups.iter_mut().find(|(name, _)| *name == heading) {
            Some((_, flags)) => flags.push(flag),
            None => groups.push((heading, vec![flag])),
        }
    }
    groups
}

/// A flag and what it does, with its choices where they fit, and its default.
fn line(command: &Command, flag: &Arg) -> String {
    let spec = spec(flag);
    let width = (spec.chars().count() + 4).max(COLUMN);
    let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
    let (choices, default) = match flag.get_action().takes_values() {
        true => (choices(flag), default(flag)),
        false => (String::new(), String::new()),
    };
    let whole = format!("{help}{choices}{default}");
    let text = match width + whole.chars().count() <= WIDTH {
        true => whole,
        false => format!("{help}{default}"),
    };
    let style = command.get_styles().get_literal();
    let space = " ".repeat(width - 2 - spec.chars().count());
    format!("  {style}{spec}{style:#}{space}{text}\n")
}

/// A flag as it is written, with the name of its value.
fn spec(flag: &Arg) -> String {
    let short = flag.get_short().map(|short| format!("-{short}"));
    let long = flag.get_long().map(|long| format!("--{long}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let mut spec = names.join(", ");
    if !flag.get_action().takes_values() {
        return spec;
    }
    let value = match flag.get_value_names() {
        Some([name, ..]) => name.to_string(),
        _ => flag.get_id().as_str().to_uppercase().replace('_', "-"),
    };
    let counts = flag.get_num_args();
    let (least, most) = counts.map_or((1, 1), |counts| (counts.min_values(), counts.max_values()));
    if !spec.is_empty() {
        spec.push(' ');
    }
    spec.push_str(&match least {
        0 => format!("[{value}]"),
        _ => format!("<{value}>"),
    });
    if most > 1 || flag.is_positional() && matches!(flag.get_action(), ArgAction::Append) {
        spec.push_str("...");
    }
    spec
}

fn choices(flag: &Arg) -> String {
    let values = flag.get_possible_values();
    let names = values.iter().filter(|value| !value.is_hide_set());
    let names: Vec<&str> = names.map(|value| value.get_name()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" [{}]", names.join("|")),
    }
}

fn default(flag: &Arg) -> String {
    let values = flag.get_default_values().iter();
    let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
    match values.is_empty() || flag.is_hide_default_value_set() {
        true => String::new(),
        false => format!(" [default: {}]", values.join(",")),
    }
}

/// The text in lines of at most 80 columns, all but the first indented. It is broken at spaces that
/// are in no brackets.
fn wrapped(text: &str, indent: &str) -> String {
    let mut depth = 0_i32;
    let words = text.split(|letter| {
        depth += match letter {
            '<' | '[' => 1,
            '>' | ']' => -1,
            _ => 0,
        };
        letter == ' ' && depth == 0
    });
    let mut lines = vec![String::new()];
    for word in words {
        let last = lines.last().map_or(0, |line| line.chars().count());
        match lines.last_mut() {
            Some(line) if last + 1 + word.chars().count() <= WIDTH => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_outside_brackets() {
        let text = format!("{} <--keep <R>|--count <K>> end", "word ".repeat(13).trim());
        let lines = wrapped(&text, "  ");
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1], "  <--keep <R>|--count <K>> end");
    }

    #[test]
    fn only_a_short_flag_asks() {
        let asks = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            is_asked(&words)
        };
        assert!(asks("gstds select -h") && asks("gstds -qh"));
        assert!(!asks("gstds select --help") && !asks("gstds help select"));
    }
}
