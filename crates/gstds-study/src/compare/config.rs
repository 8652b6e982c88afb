//! `compare.toml`: everything that a comparison depends on.

use super::{allocation::Allocation, budget::Budget, folder::RUNS};
use crate::error::{Error, Result};
use gstds_train::method::MethodName;
use gstds_train::run::{MOST_SEED, TrainConfig};
use gstds_train::toml_file;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Most seeds of a comparison.
const MOST_SEEDS: usize = 10_000;

/// A comparison, complete. A program makes flags of its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Comparison")]
pub struct CompareConfig {
    /// Methods to compare, separated by commas.
    ///
    /// By default random,small-batch,guided,gstds.
    #[arg(long, value_name = "M,M,...", value_delimiter = ',')]
    pub methods: Vec<MethodName>,
    /// Seeds per method [default: 5]
    #[arg(long, value_name = "N", value_parser = gstds_data::flags::count())]
    pub seeds: usize,
    /// Budget of every method [default: samples]
    #[arg(long)]
    #[serde(default)]
    pub budget: Budget,
    /// Leave the reference model out of the budget.
    ///
    /// For budgets of flops or time, where its features and linear probes serve many runs. Results
    /// count them all the same.
    #[arg(long)]
    #[serde(default)]
    pub free_reference: bool,
    /// How much of the budget each method gets; none until it is planned.
    #[arg(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// The adapter that it began on; none until it has begun.
    #[arg(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The run that all runs are variations of; their seeds count up from its. Its method only
    /// names the preset of its selection options.
    #[arg(skip = TrainConfig::new(MethodName::Gstds, true))]
    pub base: TrainConfig,
    /// Each method's share of the budget, once planned.
    #[arg(skip)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allotments: Vec<Allocation>,
    /// Its folder, which must not exist. Not part of the file.
    #[arg(skip)]
    #[serde(skip)]
    pub out: PathBuf,
    /// Resumes the comparison in `out`, possibly with further methods and seeds. Not part of the
    /// file.
    #[arg(skip)]
    #[serde(skip)]
    pub resume: bool,
}

impl CompareConfig {
    /// The default comparison around a run: `guided` and `gstds` with both baselines, over 5 seeds,
    /// at the same number of back-propagated samples. [`CompareConfig::out`] is to be set.
    #[must_use]
    pub fn new(base: TrainConfig) -> Self {
        Self {
            methods: vec![
                MethodName::Random,
                MethodName::SmallBatch,
                MethodName::Guided,
                MethodName::Gstds,
            ],
            seeds: 5,
            budget: Budget::Samples,
            free_reference: false,
            amount: None,
            device: None,
            base,
            allotments: vec![],
            out: PathBuf::new(),
            resume: false,
        }
    }

    /// Reads a `compare.toml`.
    ///
    /// # Errors
    /// [`Error::Train`](crate::Error::Train) for a file that cannot be read or is not a
    /// configuration.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(toml_file::read(path)?)
    }

    /// The text of `compare.toml`.
    ///
    /// # Errors
    /// [`Error::Train`](crate::Error::Train) for a value that TOML cannot hold.
    pub fn to_toml(&self) -> Result<String> {
        Ok(toml_file::text(self)?)
    }

    /// Refuses invalid values.
    ///
    /// # Errors
    /// [`Error::Train`](crate::Error::Train) names the value, the limit and what to do.
    pub fn check(&self) -> Result<()> {
        if self.methods.is_empty() {
            return Err(error("methods is empty; name at least one".into()));
        }
        let mut once = BTreeSet::new();
        if let Some(twice) = self.methods.iter().find(|it| !once.insert(it.name())) {
            let name = twice.name();
            return Err(error(format!("methods has {name} twice; name it once")));
        }
        if !(1..=MOST_SEEDS).contains(&self.seeds) {
            return Err(error(format!(
                "seeds is {}; choose 1 to {MOST_SEEDS}",
                self.seeds
            )));
        }
        let last = self.base.seed.checked_add(self.seeds as u64 - 1);
        if last.is_none_or(|last| last > MOST_SEED) {
            return Err(error(format!(
                "seed is {}, and the last of {} seeds counted up from it must be at most {MOST_SEED}; choose a lower seed",
                self.base.seed, self.seeds
            )));
        }
        if self.base.patience.is_some() {
            return Err(error(
                "patience stops runs by their test accuracy, which is what a comparison measures; remove it"
                    .into(),
            ));
        }
        for method in &self.methods {
            self.of(*method).check()?;
        }
        self.check_used()?;
        Ok(())
    }

    /// Refuses settings of the base that none of the methods has.
    fn check_used(&self) -> Result<()> {
        type Setting = (fn(&TrainConfig) -> bool, fn(&mut TrainConfig, &TrainConfig));
        let settings: [Setting; 5] = [
            (|it| it.score.is_some(), |it, base| it.score = base.score),
            (|it| it.strata.is_some(), |it, base| it.strata = base.strata),
            (
                |it| it.temperature.is_some(),
                |it, base| it.temperature = base.temperature,
            ),
            (
                |it| it.super_batch.is_some(),
                |it, base| it.super_batch = base.super_batch,
            ),
            (|it| it.reweight, |it, base| it.reweight = base.reweight),
        ];
        for (has, put) in settings {
            let used = self.methods.iter().any(|method| has(&self.of(*method)));
            if has(&self.base) && !used {
                // Asked for by itself, so that the error is about this setting.
                let mut asked = self.of(self.methods[0]);
                put(&mut asked, &self.base);
                asked.check()?;
            }
        }
        Ok(())
    }

    /// The base with another method: its preset of selection options, unless they are those that
    /// the base started from, and of the settings for some methods alone those that it has.
    #[must_use]
    pub fn of(&self, method: MethodName) -> TrainConfig {
        let mut config = self.base.clone();
        if method.preset() != config.method.preset() {
            config.selection = method.preset();
        }
        config.method = method;
        if method.spec().family.is_none() {
            (config.score, config.strata, config.temperature) = (None, None, None);
        }
        let spec = config.spec();
        config.super_batch = config.super_batch.filter(|_| spec.needs_losses());
        // Most methods have no probabilities to weight by; they are compared without weights.
        config.reweight &= spec.check_reweight().is_ok();
        config
    }

    /// The share of a method.
    #[must_use]
    pub fn allotted(&self, method: MethodName) -> Option<&Allocation> {
        self.allotments.iter().find(|it| it.method == method)
    }

    /// The run of a method and a seed, counted from 0, with its share of the budget and its folder
    /// below [`CompareConfig::out`].
    pub(super) fn run(&self, allotted: &Allocation, seed: usize) -> TrainConfig {
        let mut config = self.of(allotted.method);
        config.seed = self.base.seed + seed as u64;
        config.epochs = allotted.epochs;
        config.max_steps = Some(allotted.steps);
        let seed = format!("seed-{}", config.seed);
        let folder = self.out.join(RUNS).join(allotted.method.name());
        config.out = Some(folder.join(seed));
        config
    }
}

pub(super) fn error(reason: String) -> Error {
    gstds_train::Error::Config { reason }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds_train::method::{Score, Strata};

    pub(crate) fn two() -> CompareConfig {
        CompareConfig {
            methods: vec![MethodName::Random, MethodName::Saln],
            seeds: 2,
            budget: Budget::Flops,
            free_reference: true,
            amount: Some(1.5e9),
            device: Some("none".into()),
            out: "out".into(),
            ..CompareConfig::new(TrainConfig::new(MethodName::Gstds, true))
        }
    }

    #[test]
    fn a_comparison_survives_its_file() {
        let mut config = two();
        config.allotments = vec![Allocation {
            method: MethodName::Saln,
            epochs: 3,
            steps: 50,
            samples: 800,
            flops: 123,
            seconds: Some(1.5),
        }];
        let mut read: CompareConfig = toml::from_str(&config.to_toml().unwrap()).unwrap();
        read.out.clone_from(&config.out);
        assert_eq!(read, config);
    }

    #[test]
    fn a_method_takes_its_preset_or_the_options_of_its_own() {
        let mut config = two();
        config.base.selection.steps = Some(9);
        config.base.reweight = true;
        assert!(config.of(MethodName::Jest).reweight && !config.of(MethodName::Loss).reweight);
        config.base.super_batch = Some(128);
        config.base.strata = Some(Strata::Fiedler);
        let [jest, guided, random] =
            [MethodName::Jest, MethodName::Guided, MethodName::Random].map(|it| config.of(it));
        assert_eq!(jest.super_batch, Some(128));
        assert_eq!(
            (guided.super_batch, guided.strata),
            (None, config.base.strata)
        );
        assert_eq!((random.super_batch, random.strata), (None, None));
        (config.base.super_batch, config.base.strata) = (None, None);
        assert_eq!(config.of(MethodName::Gstds).selection.steps, Some(9));
        assert_eq!(
            config.of(MethodName::Saln).selection,
            MethodName::Saln.preset()
        );
        let allotted = Allocation {
            method: MethodName::Saln,
            epochs: 3,
            steps: 50,
            samples: 800,
            flops: 123,
            seconds: None,
        };
        let run = config.run(&allotted, 1);
        assert_eq!((run.seed, run.epochs, run.max_steps), (1, 3, Some(50)));
        assert_eq!(run.out, Some("out/runs/saln/seed-1".into()));
    }

    #[test]
    fn what_no_comparison_can_have_is_named() {
        type Change = fn(&mut CompareConfig);
        let cases: [(&str, Change); 10] = [
            ("reweight", |c| {
                c.base.reweight = true;
                c.methods = vec![MethodName::Saln];
            }),
            ("random has no score", |c| c.base.score = Some(Score::Loss)),
            ("random scores none", |c| c.base.super_batch = Some(64)),
            ("random scores none", |c| {
                c.methods = vec![MethodName::Random, MethodName::Guided];
                (c.base.strata, c.base.super_batch) = (Some(Strata::Nested), Some(64));
            }),
            ("random has no temperature", |c| {
                c.base.temperature = Some(0.5);
            }),
            ("methods is empty", |c| c.methods.clear()),
            ("methods has random twice", |c| {
                c.methods.push(MethodName::Random);
            }),
            ("seeds is 0", |c| c.seeds = 0),
            ("patience", |c| c.base.patience = Some(2)),
            ("batch is 0", |c| c.base.batch = 0),
        ];
        assert!(two().check().is_ok());
        for (part, change) in cases {
            let mut config = two();
            change(&mut config);
            let message = config.check().unwrap_err().to_string();
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}
