//! The number of steps that a budget allows a method.

use super::budget::Budget;
use crate::error::{Error, Result};
use gstds_train::method::{MethodName, MethodSpec};
use gstds_train::schedule::{BatchCounts, Extent, Schedule};
use serde::{Deserialize, Serialize};

/// Most epochs that are tried.
const MOST_EPOCHS: usize = 100_000;

/// A method's share of the budget.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// The method.
    pub method: MethodName,
    /// Epochs of its schedule, of which the last may end early.
    pub epochs: usize,
    /// Optimiser steps.
    pub steps: usize,
    /// Samples that they back-propagate.
    pub samples: u64,
    /// Their operations; with the reference's where those are part of the budget.
    pub flops: u64,
    /// Seconds planned, under a budget of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// The longest run that fits a budget.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FittedRun {
    pub epochs: usize,
    pub batches: Vec<BatchCounts>,
    /// Its whole cost, the fixed cost included.
    pub cost: f64,
}

/// The budget of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub budget: Budget,
    pub amount: f64,
    /// Cost before the first step.
    pub fixed: f64,
}

/// A method's run over this many images, before its length is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunShape<'a> {
    pub method: MethodSpec,
    pub schedule: &'a Schedule,
    pub images: usize,
    pub batch: usize,
}

/// The longest run within the allowance: of the fewest epochs that would exceed it, the steps that
/// it pays for.
pub(super) fn fit(
    run: RunShape<'_>,
    allowance: Allowance,
    mut cost: impl FnMut(BatchCounts) -> Result<f64>,
) -> Result<FittedRun> {
    let left = allowance.amount - allowance.fixed;
    let unsuitable = |reason: String, remedy: &'static str| Error::Budget {
        method: run.method.name.name(),
        amount: allowance.budget.amount(allowance.amount),
        reason,
        remedy,
    };
    let too_small = |reason: String| match allowance.fixed > 0.0 {
        true => unsuitable(reason, "raise `epochs`, or set `free_reference`"),
        false => unsuitable(reason, "raise `epochs`"),
    };
    if left <= 0.0 {
        let fixed = allowance.budget.amount(allowance.fixed);
        return Err(too_small(format!("the reference alone costs {fixed}")));
    }
    // Sums of whole numbers in floating point may miss by their last bits.
    let left = left * (1.0 + 1e-9);
    for epochs in 1..=MOST_EPOCHS {
        let extent = Extent {
            images: run.images,
            batch: run.batch,
            epochs,
            max_steps: None,
        };
        let mut fitted = FittedRun {
            epochs,
            batches: Vec::new(),
            cost: allowance.fixed,
        };
        let mut spent = 0.0;
        let mut whole = true;
        for batch in run.schedule.batches(run.method, &extent) {
            let price = cost(batch)?;
            if spent + price > left {
                whole = false;
                break;
            }
            spent += price;
            fitted.batches.push(batch);
        }
        fitted.cost += spent;
        match (whole, fitted.batches.is_empty()) {
            (_, true) => return Err(too_small("it does not cover one step".into())),
            // All epochs were paid for: more may be.
            (true, _) if spent < left * (1.0 - 2e-9) => {}
            _ => return Ok(fitted),
        }
    }
    let reason = format!("it allows more than {MOST_EPOCHS} epochs");
    Err(unsuitable(reason, "lower `epochs`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance {
        budget: Budget::Samples,
        amount: 100.0,
        fixed: 0.0,
    };

    fn fitted(text: &str, method: MethodName, allowance: Allowance) -> Result<FittedRun> {
        let schedule = text.parse().unwrap();
        let run = RunShape {
            method: method.spec(),
            schedule: &schedule,
            images: 80,
            batch: 32,
        };
        fit(run, allowance, |batch| Ok(batch.keep as f64))
    }

    #[test]
    fn whole_epochs_are_as_many_as_cost_the_amount() {
        // Batches of 32, 32 and 16 keep 8, 8 and 4.
        let random = fitted("constant:0.25", MethodName::Random, ALLOWANCE).unwrap();
        assert_eq!((random.epochs, random.batches.len()), (5, 15));
        assert_eq!(random.cost, 100.0);
        let full = fitted("constant:0.25", MethodName::Full, ALLOWANCE).unwrap();
        assert_eq!((full.epochs, full.batches.len(), full.cost), (2, 3, 80.0));
    }

    #[test]
    fn no_step_goes_beyond_the_amount() {
        for amount in [8.0, 9.0, 16.0, 17.0, 21.0, 99.0, 101.0] {
            let allowance = Allowance {
                amount,
                ..ALLOWANCE
            };
            let fitted = fitted("linear:1..0.25", MethodName::Gstds, allowance);
            let Ok(fitted) = fitted else {
                // One epoch begins with a full batch: 32 rows.
                assert!(amount < 32.0, "{amount}");
                continue;
            };
            assert!(fitted.cost <= amount, "{fitted:?}");
            assert!(fitted.cost > amount - 33.0, "{amount}: {fitted:?}");
        }
    }

    #[test]
    fn what_is_paid_once_is_paid_first() {
        let allowance = Allowance {
            fixed: 60.0,
            ..ALLOWANCE
        };
        let fitted = fitted("constant:0.25", MethodName::Gstds, allowance).unwrap();
        assert_eq!((fitted.epochs, fitted.cost), (2, 100.0));
    }

    #[test]
    fn a_budget_that_buys_nothing_is_named() {
        let allowance = |amount, fixed| Allowance {
            amount,
            fixed,
            ..ALLOWANCE
        };
        for (allowance, part) in [
            (allowance(5.0, 0.0), "one step"),
            (allowance(5.0, 7.0), "reference alone costs 7"),
        ] {
            let error = fitted("constant:0.25", MethodName::Jest, allowance).unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains(part) && message.contains("jest") && message.contains("5 back"),
                "{message}"
            );
        }
    }
}
