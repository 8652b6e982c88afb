//! Writes the manual pages, made from what --help prints: gstds.1 and one for each command. Run by
//! `cargo xtask man DIR`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: manual_pages DIR");
        return ExitCode::from(2);
    };
    match write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {} could not be written: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

/// Writes all pages, over those that are there.
fn write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, page) in pages()? {
        // A page that is only half there has no name yet.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&page)?;
        file.persist(folder.join(format!("{name}.1")))?;
    }
    Ok(())
}

/// Names and texts: the main page, then one per command.
fn pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut main = gstds_cli::command().disable_help_subcommand(true);
    // Passes global flags down to every command, and names them gstds-NAME.
    main.build();
    let commands = main.get_subcommands().map(|command| {
        let name = format!("gstds-{}", command.get_name());
        let page = page(command)?;
        Ok((name, page))
    });
    let main = [Ok(("gstds".into(), page(&main)?))];
    main.into_iter().chain(commands).collect()
}

fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut page = vec![];
    let version = concat!("gstds ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(version);
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    // What follows --help has a heading of its own, and its lines are to stay lines.
    let after = command.get_after_help().map(ToString::to_string);
    if let Some((heading, lines)) = after.as_deref().and_then(|text| text.split_once(":\n")) {
        examples(heading, lines).to_writer(&mut page)?;
    }
    Ok(page)
}

fn examples(heading: &str, lines: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [heading.to_uppercase().as_str()]);
    section.control("nf", []);
    for line in lines.lines() {
        section.text([roman(line.trim_start())]);
    }
    section.control("fi", []);
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_flags_and_examples() {
        let folder = tempfile::tempdir().unwrap();
        let pages = folder.path().join("pages/man1");
        // The second time over the pages of the first.
        for _ in 0..2 {
            write(&pages).unwrap();
        }
        let main = gstds_cli::command();
        let names = main.get_subcommands().map(Command::get_name);
        let mut expected: Vec<_> = names.map(|name| format!("gstds-{name}.1")).collect();
        let least = if cfg!(feature = "train") { 9 } else { 5 };
        assert!(expected.len() >= least, "{expected:?}");
        expected.push("gstds.1".into());
        expected.sort();
        let entries = std::fs::read_dir(&pages).unwrap();
        let mut written: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        written.sort();
        assert_eq!(written, expected);
        let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
        let main = page("gstds.1");
        assert!(main.contains("gstds\\-inspect(1)"), "{main}");
        let inspect = page("gstds-inspect.1");
        for part in [
            ".TH gstds-inspect 1",
            "\\-\\-near\\-duplicates",
            "\\-\\-quiet",
            ".SH EXAMPLES\n.nf\ngstds inspect \\-\\-images photos",
        ] {
            assert!(inspect.contains(part), "{part:?} is not in\n{inspect}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "").unwrap();
        assert!(write(&taken).is_err());
    }
}
