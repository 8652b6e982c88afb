//! The end of a command whose arguments the parser does not hand on: help, the version, or an error.

use std::process::ExitCode;

use crate::exit::{self, Failure};

/// Prints what the parser has to print, and gives the exit code.
pub(crate) fn end(error: &clap::Error) -> ExitCode {
    if cfg!(not(feature = "train"))
        && let Some(sentence) = missing_command(error)
    {
        return exit::code(Err(Failure::Usage(sentence)));
    }
    match error.print() {
        Err(source) if !error.use_stderr() => exit::code(Err(Failure::Stdout(source))),
        _ => u8::try_from(error.exit_code()).unwrap_or(2).into(),
    }
}

/// Which build has the command that a build without Burn does not know.
fn missing_command(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    const COMMANDS: [&str; 4] = ["compare", "features", "report", "train"];
    let ContextValue::String(name) = error.get(ContextKind::InvalidSubcommand)? else {
        return None;
    };
    let is_missing =
        error.kind() == ErrorKind::InvalidSubcommand && COMMANDS.contains(&name.as_str());
    is_missing.then(|| {
        format!(
            "gstds {name} needs Burn, which this build of gstds does not have; build one that has it with `cargo install --path crates/gstds-cli` and its default features"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_the_other_build_are_named() {
        let said = |line: &str| {
            let command = clap::Command::new("gstds").subcommand(clap::Command::new("select"));
            missing_command(&command.try_get_matches_from(line.split(' ')).unwrap_err())
        };
        let sentence = said("gstds train --keep 0.25").unwrap();
        assert!(sentence.starts_with("gstds train needs Burn"), "{sentence}");
        assert!(said("gstds help report").is_some());
        assert_eq!(said("gstds frob"), None);
        assert_eq!(said("gstds select train"), None);
    }
}
