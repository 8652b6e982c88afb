//! Programs as Cargo builds them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use crate::command;

/// A program that Cargo built.
#[derive(Debug, PartialEq)]
pub(crate) struct Built {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl Built {
    /// From a line of Cargo's messages, if it is about a program.
    fn from_message(line: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(Self {
            path: message["executable"].as_str()?.into(),
            name: message["target"]["name"].as_str()?.into(),
        })
    }
}

/// Builds in a profile; every program that this made.
pub(crate) fn build(profile: &str, args: &[&str]) -> Result<Vec<Built>> {
    let mut cargo = command::cargo(args.iter().copied());
    let messages = ["--message-format", "json-render-diagnostics"];
    cargo.args(["--profile", profile]).args(messages);
    let messages = command::output(&mut cargo)?;
    Ok(messages.lines().filter_map(Built::from_message).collect())
}

/// Copies a program without its symbols.
pub(crate) fn strip(built: &Built, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().expect("it lies in a folder"))?;
    let mut strip = command::program("strip");
    command::run(strip.arg("-s").arg("-o").arg(to).arg(&built.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn programs_are_found_among_the_messages_of_cargo() {
        let target = json!({"name": "fixtures"});
        let test = json!({"executable": "/t/fixtures-1", "target": target});
        let built = Built {
            name: "fixtures".into(),
            path: "/t/fixtures-1".into(),
        };
        assert_eq!(Built::from_message(&test.to_string()), Some(built));
        let library = json!({"executable": null, "target": target});
        assert_eq!(Built::from_message(&library.to_string()), None);
        assert_eq!(Built::from_message("running 3 tests"), None);
    }
}
