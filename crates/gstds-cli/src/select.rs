//! `gstds select`: score the rows of a feature file and keep some of them.

use std::io::Write as _;
use std::path::PathBuf;

use gstds::{Keep, Options, Order, Rule, Selection, Shape};
use serde_json::{Value, json};

use crate::adapter;
use crate::exit::{Failure, tell};
use crate::graph::{GraphArgs, named};
use crate::npy::FeatureFile;
use crate::output::Target;

/// Keep a part of the rows of a feature matrix, by its Fiedler vector.
///
/// Rows are samples. Writes .csv with a line per row (index,score,kept), or .json or .npy with the
/// kept indices.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("how_many").required(true).args(["keep", "count"]))]
pub(crate) struct Args {
    /// The feature matrix, (samples, features): .npy of float16, float32 or float64.
    #[arg(long, value_name = "F.npy")]
    features: PathBuf,
    /// Keep this share of the rows, above 0 and at most 1.
    #[arg(long, value_name = "R", value_parser = ratio)]
    keep: Option<f64>,
    /// Keep this many rows.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// Where the selection goes; the extension says how: .csv, .json or .npy.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it exists.
    #[arg(long)]
    force: bool,
    /// Which rows are kept, given their scores.
    ///
    /// quantile and stratified cover the scores evenly. signed, abs, abs-small and balanced keep
    /// extremes, which cost accuracy in our trials; compare with random before relying on them.
    #[arg(long, default_value = Rule::default().name(), value_parser = named(Rule::ALL, Rule::name))]
    rule: Rule,
    /// In which order .json and .npy list the kept rows.
    #[arg(long, default_value = Order::default().name(), value_parser = named(Order::ALL, Order::name))]
    order: Order,
    /// Seed of the rules stratified and random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Fail on zero, NaN or infinite rows instead of ranking them last.
    #[arg(long)]
    strict: bool,
    /// Print the summary as JSON on stdout.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    graph: GraphArgs,
}

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let wanted = adapter.wanted()?;
    let target = Target::new(&args.output, args.force)?;
    let file = FeatureFile::open(&args.features)?;
    let shape = Shape {
        rows: file.rows(),
        features: file.features(),
    };
    let keep = args.keep_of(shape.rows)?;
    let options = args.options();
    options.path_for(shape)?;
    let gpu = gstds::adapter::open(&wanted)?;
    check_size(shape, &gpu.device.limits())?;
    let values = file.values()?;
    let selection =
        gstds::select_blocking(&gpu.device, &gpu.queue, &options, &values, shape, keep)?;
    let summary = summary(shape, &selection, &gpu.adapter.get_info().name);
    target.write(&selection.kept, &selection.scores, &summary)?;
    tell(&line(&summary));
    if args.json {
        writeln!(std::io::stdout(), "{summary}").map_err(Failure::Stdout)?;
    }
    Ok(())
}

/// That one buffer of the device holds the features; asked before a file of that size is read.
fn check_size(shape: Shape, limits: &wgpu::Limits) -> Result<(), gstds::Error> {
    let needed = (shape.rows as u64).saturating_mul(shape.features as u64 * 4);
    let allowed = limits.max_buffer_size;
    if needed > allowed {
        return Err(gstds::Error::DeviceLimit {
            what: "features",
            needed,
            limit: "max_buffer_size",
            allowed,
        });
    }
    Ok(())
}

impl Args {
    fn keep_of(&self, rows: usize) -> Result<Keep, Failure> {
        match (self.count, self.keep) {
            (Some(count), _) if count as usize > rows => Err(Failure::Usage(format!(
                "--count {count} is more than the {rows} rows of {}; keep at most {rows}",
                self.features.display()
            ))),
            (Some(count), _) => Ok(Keep::Count(count as usize)),
            (None, Some(ratio)) => Ok(Keep::Ratio(ratio)),
            (None, None) => Err(Failure::Usage("one of --keep and --count is needed".into())),
        }
    }

    fn options(&self) -> Options {
        Options {
            rule: self.rule,
            order: self.order,
            seed: self.seed,
            strict: self.strict,
            ..self.graph.options()
        }
    }
}

/// Reads a keep ratio.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text
        .parse()
        .map_err(|_| "a number above 0 and at most 1 is needed")?;
    Keep::Ratio(ratio)
        .of(1)
        .map_err(|error| error.to_string())?;
    Ok(ratio)
}

fn summary(shape: Shape, selection: &Selection, adapter: &str) -> Value {
    let status = &selection.status;
    json!({
        "rows": shape.rows,
        "features": shape.features,
        "valid": status.valid,
        "kept": selection.kept.len(),
        "lambda2": status.lambda2,
        "residual": status.residual,
        "path": selection.path.name(),
        "steps": status.steps,
        "flags": status.flags().names().collect::<Vec<_>>(),
        "milliseconds": selection.profile.total().as_secs_f64() * 1e3,
        "clock": selection.profile.clock.name(),
        "adapter": adapter,
    })
}

/// The summary in one line for people.
fn line(summary: &Value) -> String {
    let number = |key: &str| summary[key].as_f64().unwrap_or(f64::NAN);
    let names = summary["flags"].as_array().into_iter().flatten();
    let flags: Vec<&str> = names.filter_map(Value::as_str).collect();
    format!(
        "rows {} · kept {} · path {}, {} steps · λ2 {:.6} · residual {:.1e} · flags {} · {:.2} ms ({}, {})",
        summary["rows"],
        summary["kept"],
        summary["path"].as_str().unwrap_or_default(),
        summary["steps"],
        number("lambda2"),
        number("residual"),
        if flags.is_empty() {
            "none".into()
        } else {
            flags.join(",")
        },
        number("milliseconds"),
        summary["clock"].as_str().unwrap_or_default(),
        summary["adapter"].as_str().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_outside_their_range_are_refused() {
        assert_eq!(ratio("0.25"), Ok(0.25));
        assert_eq!(ratio("1"), Ok(1.0));
        for text in ["0", "-0.5", "1.01", "nan", "inf", "half", ""] {
            assert!(ratio(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_line_names_every_figure() {
        let summary = json!({
            "rows": 64, "kept": 16, "path": "fused", "steps": 12, "lambda2": 0.850_155, "residual": 3.0e-7,
            "flags": ["shifted", "breakdown"], "milliseconds": 1.25,
            "clock": "device timestamps", "adapter": "GPU",
        });
        assert_eq!(
            line(&summary),
            "rows 64 · kept 16 · path fused, 12 steps · λ2 0.850155 · residual 3.0e-7 · flags shifted,breakdown · 1.25 ms (device timestamps, GPU)"
        );
    }
}
