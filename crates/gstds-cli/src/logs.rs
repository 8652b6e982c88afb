//! Logs of our crates, and of wgpu and Burn below them, on stderr where they are asked for.
//!
//! A logger of our own, since those in crates turn on a feature of `log` for which all of Burn would
//! be compiled again.

use std::io::Write as _;
use std::time::Instant;

use log::{LevelFilter, Log, Metadata, Record};

use crate::exit::warn;

/// Starts logging as `-v`, given so often, and RUST_LOG ask for; without either there is none.
pub(crate) fn start(verbose: u8, variable: Option<&str>) {
    let mut filter = Filter::verbose(verbose);
    for unknown in filter.add(variable.unwrap_or_default()) {
        warn(&format!(
            "RUST_LOG asks for '{unknown}', which is none of LEVEL, CRATE and CRATE=LEVEL with levels off, error, warn, info, debug and trace; it is left out"
        ));
    }
    let most = filter.most();
    if most == LevelFilter::Off {
        return;
    }
    let logger = Box::leak(Box::new(Logger {
        filter,
        begun: Instant::now(),
    }));
    // It fails only where there is one already, which then goes on.
    if log::set_logger(logger).is_ok() {
        log::set_max_level(most);
    }
}

/// How much is logged of what: the longest beginning of a record's target decides.
#[derive(Debug, Default, PartialEq)]
struct Filter(Vec<(String, LevelFilter)>);

impl Filter {
    fn verbose(times: u8) -> Self {
        use LevelFilter::{Debug, Info, Trace, Warn};
        let (all, ours) = match times {
            0 => return Self::default(),
            1 => (Warn, Debug),
            2 => (Info, Debug),
            3 => (Debug, Debug),
            _ => (Trace, Trace),
        };
        // Naga has hundreds of lines a shader on how it reads it.
        let shaders = if times < 4 { all.min(Info) } else { all };
        let levels = [("", all), ("gstds", ours), ("naga", shaders)];
        Self(levels.map(|(target, level)| (target.into(), level)).into())
    }

    /// Adds what a list such as `warn,wgpu_hal=info,gstds_train` says, over what is there; returns
    /// the parts that say nothing.
    fn add<'a>(&mut self, list: &'a str) -> Vec<&'a str> {
        let parts = list
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let (known, unknown): (Vec<_>, Vec<_>) = parts
            .map(|part| directive(part).ok_or(part))
            .partition(Result::is_ok);
        for (target, level) in known.into_iter().flatten() {
            self.0.retain(|(known, _)| *known != target);
            self.0.push((target, level));
        }
        unknown.into_iter().filter_map(Result::err).collect()
    }

    fn level(&self, target: &str) -> LevelFilter {
        let fitting = self
            .0
            .iter()
            .filter(|(start, _)| target.starts_with(start.as_str()));
        let longest = fitting.max_by_key(|(start, _)| start.len());
        longest.map_or(LevelFilter::Off, |&(_, level)| level)
    }

    fn most(&self) -> LevelFilter {
        let levels = self.0.iter().map(|&(_, level)| level);
        levels.max().unwrap_or(LevelFilter::Off)
    }
}

/// A level, a target, or both.
fn directive(text: &str) -> Option<(String, LevelFilter)> {
    match text.split_once('=') {
        Some((target, level)) => Some((target.trim().into(), level.trim().parse().ok()?)),
        None => match text.parse() {
            Ok(level) => Some((String::new(), level)),
            Err(_) => is_target(text).then(|| (text.into(), LevelFilter::Trace)),
        },
    }
}

fn is_target(text: &str) -> bool {
    let part = |it: char| it.is_alphanumeric() || "_-:".contains(it);
    text.chars().all(part)
}

struct Logger {
    filter: Filter,
    begun: Instant,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= self.filter.level(metadata.target())
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let seconds = self.begun.elapsed().as_secs_f64();
            let (level, target) = (record.level(), record.target());
            // One call, so that lines of several threads do not mix; a log that takes no more ends
            // nothing.
            let line = format!("{seconds:9.3} {level:5} {target}: {}\n", record.args());
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbose_tells_more_each_time_and_more_of_ours() {
        let levels = |times| {
            let filter = Filter::verbose(times);
            ["gstds_train::run", "wgpu_hal::vulkan", "naga::front"].map(|it| filter.level(it))
        };
        use LevelFilter::{Debug, Info, Off, Trace, Warn};
        assert_eq!(levels(0), [Off; 3]);
        assert_eq!(levels(1), [Debug, Warn, Warn]);
        assert_eq!(levels(2), [Debug, Info, Info]);
        assert_eq!(levels(3), [Debug, Debug, Info]);
        assert_eq!(levels(9), [Trace; 3]);
    }

    #[test]
    fn the_variable_goes_over_the_flag_and_the_longest_target_counts() {
        let mut filter = Filter::verbose(1);
        let unknown = filter.add(" info , wgpu_hal=trace,wgpu_hal::vulkan=off,gstds=error,burn,");
        assert_eq!(unknown, [""; 0]);
        use LevelFilter::{Error, Info, Off, Trace};
        let expected = [
            ("cubecl_runtime", Info),
            ("wgpu_hal::dx12", Trace),
            ("wgpu_hal::vulkan::device", Off),
            ("gstds_train", Error),
            ("burn_cubecl", Trace),
        ];
        for (target, level) in expected {
            assert_eq!(filter.level(target), level, "{target}");
        }
        assert_eq!(filter.most(), Trace);
    }

    #[test]
    fn what_says_nothing_is_handed_back_and_the_rest_holds() {
        let mut filter = Filter::default();
        assert_eq!(filter.add("loud!,gstds=loud,warn"), ["loud!", "gstds=loud"]);
        assert_eq!(filter.level("gstds"), LevelFilter::Warn);
        assert_eq!(Filter::default().most(), LevelFilter::Off);
    }
}
