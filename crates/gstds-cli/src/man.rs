//! `gstds man`: manual pages, made from what `--help` prints.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use gstds_data::atomic_file::StagedFile;

use crate::exit::Failure;

/// Write the manual pages: gstds.1 and one for each command.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder; existing pages are replaced.
    dir: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  gstds man ~/.local/share/man/man1";

pub(crate) fn run(args: &Args, program: Command) -> Result<(), Failure> {
    let failed = |path: &Path, source| Failure::Save {
        path: path.into(),
        source,
    };
    std::fs::create_dir_all(&args.dir).map_err(|source| failed(&args.dir, source))?;
    for (name, page) in pages(program).map_err(|source| failed(&args.dir, source))? {
        let path = args.dir.join(format!("{name}.1"));
        write(&path, &page).map_err(|source| failed(&path, source))?;
    }
    Ok(())
}

/// Over the page that is there, or not at all.
fn write(path: &Path, page: &[u8]) -> std::io::Result<()> {
    StagedFile::filled(path, |file| file.write_all(page))?.publish(true)
}

/// Names and texts: the main page, then one per command.
fn pages(program: Command) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut main = program.disable_help_subcommand(true);
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
        let args = Args { dir: pages.clone() };
        // The second time over the pages of the first.
        for _ in 0..2 {
            run(&args, crate::command()).unwrap();
        }
        let main = crate::command();
        let names = main.get_subcommands().map(Command::get_name);
        let mut expected: Vec<_> = names.map(|name| format!("gstds-{name}.1")).collect();
        let least = if cfg!(feature = "train") { 10 } else { 6 };
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
        let error = run(&Args { dir: taken }, crate::command()).unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
    }
}
