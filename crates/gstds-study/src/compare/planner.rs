//! Plans the steps that each method gets for the common budget.

use super::{
    allocation::{self, Allocation, Allowance, FittedRun, RunShape},
    budget::Budget,
    config::CompareConfig,
    observer::CompareObserver,
    pilot::{self, Pilot},
};
use crate::error::Result;
use gstds_burn::GpuDevice;
use gstds_train::flops::Flops;
use gstds_train::method::MethodName;
use gstds_train::run::{Costs, TrainConfig};
use gstds_train::schedule::BatchCounts;
use std::collections::HashMap;

/// Computes the share of each method and stores it in `config`; writes nothing. A budget of samples
/// needs arithmetic only, one of operations a run of one step per method, and one of time ten steps
/// more.
///
/// # Errors
/// [`Error::Train`](crate::Error::Train) for invalid values and for the errors of a
/// run, [`Error::Data`](crate::Error::Data) for a data set that cannot be opened,
/// [`Error::Budget`](crate::Error::Budget) for a method that gets too little.
pub fn plan(
    device: &GpuDevice,
    config: &mut CompareConfig,
    observer: &mut dyn CompareObserver,
) -> Result<()> {
    config.check()?;
    let mut random = config.of(MethodName::Random);
    random.method = MethodName::Random;
    let costs = Costs::open(&random, observer.watch("data").as_mut())?;
    let mut planner = Planner {
        device,
        config: config.clone(),
        costs,
        pilots: HashMap::new(),
    };
    let amount = match config.amount {
        Some(amount) => amount,
        None => planner.amount(&random, observer)?,
    };
    config.amount = Some(amount);
    for method in config.methods.clone() {
        if config.allotted(method).is_none() {
            let allotted = planner.plan_method(method, amount, observer)?;
            config.allotments.push(allotted);
        }
    }
    Ok(())
}

/// Computes allocations.
struct Planner<'a> {
    device: &'a GpuDevice,
    config: CompareConfig,
    /// Costs of `random`.
    costs: Costs,
    /// Pilots so far, one for each method, so that `random` gets exactly the budget that it sets.
    pilots: HashMap<MethodName, Pilot>,
}

impl Planner<'_> {
    /// The cost of `random` under the base configuration: every method's budget.
    fn amount(&mut self, random: &TrainConfig, observer: &mut dyn CompareObserver) -> Result<f64> {
        let extent = self.costs.extent(random);
        let pilot = self.pilot(random, observer)?;
        let batches = random.schedule.batches(MethodName::Random, &extent);
        let mut amount = 0.0;
        for batch in batches {
            amount += self.price(random, &self.costs, &pilot, batch)?;
        }
        Ok(amount)
    }

    fn plan_method(
        &mut self,
        method: MethodName,
        amount: f64,
        observer: &mut dyn CompareObserver,
    ) -> Result<Allocation> {
        let run = self.config.of(method);
        let costs = self.costs.with(run.spec(), &run.selection);
        let pilot = self.pilot(&run, observer)?;
        let fixed = match (self.config.free_reference, self.config.budget) {
            (true, _) | (_, Budget::Samples) => 0.0,
            (_, Budget::Flops) => pilot.reference_flops as f64,
            (_, Budget::Time) => pilot.reference_seconds,
        };
        let allowance = Allowance {
            budget: self.config.budget,
            amount,
            fixed,
        };
        let mut known = HashMap::new();
        let fitted = allocation::fit(
            RunShape {
                method: run.spec(),
                schedule: &run.schedule,
                images: self.costs.images,
                batch: run.batch,
            },
            allowance,
            |batch| {
                let key = (batch.rows, batch.keep);
                if let Some(price) = known.get(&key) {
                    return Ok(*price);
                }
                let price = self.price(&run, &costs, &pilot, batch)?;
                known.insert(key, price);
                Ok(price)
            },
        )?;
        run.optimiser.check_steps(fitted.batches.len())?;
        self.allocation(&run, &costs, &fitted, fixed)
    }

    fn allocation(
        &self,
        run: &TrainConfig,
        costs: &Costs,
        fitted: &FittedRun,
        fixed: f64,
    ) -> Result<Allocation> {
        let mut flops = Flops::default();
        for batch in &fitted.batches {
            flops += costs.step(*batch)?;
        }
        if self.config.budget == Budget::Flops {
            flops.reference = fixed as u64;
        }
        Ok(Allocation {
            method: run.method,
            epochs: fitted.epochs,
            steps: fitted.batches.len(),
            samples: fitted.batches.iter().map(|batch| batch.keep as u64).sum(),
            flops: flops.total(),
            seconds: (self.config.budget == Budget::Time).then_some(fitted.cost),
        })
    }

    /// The cost of one step.
    fn price(
        &self,
        run: &TrainConfig,
        costs: &Costs,
        pilot: &Pilot,
        batch: BatchCounts,
    ) -> Result<f64> {
        Ok(match self.config.budget {
            Budget::Samples => batch.keep as f64,
            Budget::Flops => costs.step(batch)?.total() as f64,
            Budget::Time => pilot.step_seconds(self.share(run, &batch)),
        })
    }

    /// A pilot where the budget needs one.
    fn pilot(&mut self, run: &TrainConfig, observer: &mut dyn CompareObserver) -> Result<Pilot> {
        if let Some(known) = self.pilots.get(&run.method) {
            return Ok(known.clone());
        }
        let needed = match self.config.budget {
            Budget::Samples => false,
            Budget::Flops => run.spec().needs_features() && !self.config.free_reference,
            Budget::Time => true,
        };
        if !needed {
            return Ok(Pilot::default());
        }
        let shares = match self.config.budget {
            Budget::Time => self.shares(run),
            _ => Vec::new(),
        };
        let label = format!("pilot of {}", run.method);
        let pilot = pilot::measure(self.device, run, &shares, observer.watch(&label).as_mut())?;
        self.pilots.insert(run.method, pilot.clone());
        Ok(pilot)
    }

    /// What a step trains on as a share of the configured batch, by which pilots are measured.
    fn share(&self, run: &TrainConfig, batch: &BatchCounts) -> f64 {
        // A method may see fewer rows than the batch has.
        let rows = match run.method.draws_rows() || run.super_batch.is_some() {
            true => run.batch.min(self.costs.images),
            false => batch.rows,
        };
        batch.keep as f64 / rows.max(1) as f64
    }

    /// The least and the greatest share of a batch that a run of the base keeps; only one
    /// where they are equal.
    fn shares(&self, run: &TrainConfig) -> Vec<f64> {
        let extent = self.costs.extent(run);
        let per_epoch = self.costs.images.div_ceil(run.batch);
        // The last batch of an epoch may be smaller.
        let whole = |place: usize| per_epoch == 1 || !(place + 1).is_multiple_of(per_epoch);
        let batches = run.schedule.batches(run.spec(), &extent).enumerate();
        let batches = batches.filter(|(place, _)| whole(*place));
        let shares = batches.map(|(_, batch)| self.share(run, &batch));
        let (mut least, mut most) = (1.0f64, 0.0f64);
        for share in shares {
            (least, most) = (least.min(share), most.max(share));
        }
        match most - least > 0.05 {
            true => vec![least, most],
            false => vec![least],
        }
    }
}
