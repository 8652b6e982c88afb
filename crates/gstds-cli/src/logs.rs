//! Logs of our crates, and of wgpu and Burn below them, on stderr on request.

use std::io::Write;
use std::time::Instant;

use env_logger::{Builder, Target};
use log::LevelFilter::{self, Debug, Info, Trace, Warn};

use crate::console;

/// Starts logging at the level of `-v`, given `verbose` times, and RUST_LOG; without either there
/// is none.
pub(crate) fn start(verbose: u8, variable: Option<&str>) {
    let variable = variable.unwrap_or_default();
    if verbose == 0 && variable.is_empty() {
        return;
    }
    let mut builder = Builder::new();
    for (target, level) in levels(verbose) {
        builder.filter(target, level);
    }
    for directive in variable.split(',').filter(|it| !it.trim().is_empty()) {
        match is_valid(directive) {
            true => _ = builder.parse_filters(directive.trim()),
            false => console::warn(&format!(
                "ignoring '{}' in RUST_LOG: expected LEVEL, CRATE or CRATE=LEVEL, with a level of off, error, warn, info, debug or trace",
                directive.trim()
            )),
        }
    }
    let begun = Instant::now();
    builder.format(move |line, record| {
        let seconds = begun.elapsed().as_secs_f64();
        let (level, target) = (record.level(), record.target());
        writeln!(line, "{seconds:9.3} {level:5} {target}: {}", record.args())
    });
    builder.target(Target::Pipe(Box::new(Stderr))).init();
}

/// The levels of `-v`: all crates, then ours, then naga, which logs hundreds of lines a shader.
fn levels(verbose: u8) -> Vec<(Option<&'static str>, LevelFilter)> {
    let (all, ours) = match verbose {
        0 => return vec![(None, LevelFilter::Off)],
        1 => (Warn, Debug),
        2 => (Info, Debug),
        3 => (Debug, Debug),
        _ => (Trace, Trace),
    };
    let shaders = if verbose < 4 { all.min(Info) } else { all };
    vec![(None, all), (Some("gstds"), ours), (Some("naga"), shaders)]
}

/// Whether a directive is a level, a target, or both.
fn is_valid(directive: &str) -> bool {
    let is_target = |text: &str| {
        let part = |it: char| it.is_alphanumeric() || "_-:".contains(it);
        text.chars().all(part)
    };
    match directive.split_once('=') {
        Some((_, level)) => level.trim().parse::<LevelFilter>().is_ok(),
        None => is_target(directive.trim()),
    }
}

/// Standard error, around the progress line.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        console::write(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::{Level, Log, Metadata};

    /// The most that is logged of a target.
    fn level(builder: &mut Builder, target: &str) -> LevelFilter {
        let logger = builder.build();
        let enabled = |level: &Level| {
            logger.enabled(&Metadata::builder().level(*level).target(target).build())
        };
        let most = Level::iter().filter(enabled).max();
        most.map_or(LevelFilter::Off, |level| level.to_level_filter())
    }

    fn verbose(times: u8) -> Builder {
        let mut builder = Builder::new();
        for (target, level) in levels(times) {
            builder.filter(target, level);
        }
        builder
    }

    #[test]
    fn each_verbose_logs_more_and_our_crates_most() {
        let levels = |times| {
            ["gstds_train::run", "wgpu_hal::vulkan", "naga::front"]
                .map(|target| level(&mut verbose(times), target))
        };
        use LevelFilter::Off;
        assert_eq!(levels(0), [Off; 3]);
        assert_eq!(levels(1), [Debug, Warn, Warn]);
        assert_eq!(levels(2), [Debug, Info, Info]);
        assert_eq!(levels(3), [Debug, Debug, Info]);
        assert_eq!(levels(9), [Trace; 3]);
    }

    #[test]
    fn the_variable_overrides_the_flag_and_the_longest_target_counts() {
        use LevelFilter::{Error, Off};
        let expected = [
            ("cubecl_runtime", Info),
            ("wgpu_hal::dx12", Trace),
            ("wgpu_hal::vulkan::device", Off),
            ("gstds_train", Error),
            ("burn_cubecl", Trace),
        ];
        for (target, wanted) in expected {
            let mut builder = verbose(1);
            for part in [
                "info",
                "wgpu_hal=trace",
                "wgpu_hal::vulkan=off",
                "gstds=error",
                "burn",
            ] {
                assert!(is_valid(part), "{part}");
                builder.parse_filters(part);
            }
            assert_eq!(level(&mut builder, target), wanted, "{target}");
        }
    }

    #[test]
    fn directives_that_name_no_level_are_invalid() {
        for bad in ["loud!", "gstds=loud"] {
            assert!(!is_valid(bad), "{bad}");
        }
        assert!(is_valid("warn"));
    }
}
