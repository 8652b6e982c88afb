//! `gstds man`: the manual pages, made from what --help says.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::Cli;
use crate::exit::Failure;
use gstds_data::output_file::OutputFile;

/// Print the manual page, or write one for each command.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Write gstds.1 and a page for each command to this folder, replacing those that are there.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  gstds man | man -l -
  gstds man --out ~/.local/share/man/man1";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let pages = pages().map_err(Failure::Stdout)?;
    let Some(folder) = &args.out else {
        return std::io::stdout()
            .write_all(&pages[0].1)
            .map_err(Failure::Stdout);
    };
    write(folder, &pages)
}

fn write(folder: &Path, pages: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|source| Failure::Save {
        path: folder.into(),
        source,
    })?;
    for (name, page) in pages {
        let target = OutputFile::new(&folder.join(format!("{name}.1")), true)?;
        target.write(|file| file.write_all(page))?;
    }
    Ok(())
}

/// Names and texts: the main page, then one a command.
fn pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut main = Cli::command().disable_help_subcommand(true);
    // Hands the flags that every command takes down to them, and names them gstds-NAME.
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
