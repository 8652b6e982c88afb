//! How many steps of a method its budget buys.

use super::budget::Budget;
use crate::error::{Error, Result};
use gstds_train::method::MethodName;
use gstds_train::schedule::{BatchCounts, Extent, Schedule};
use serde::{Deserialize, Serialize};

/// Most epochs that are tried.
const MOST_EPOCHS: usize = 100_000;

/// What a method may spend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allotment {
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

/// A run that fits a budget.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fitted {
    pub epochs: usize,
    pub batches: Vec<BatchCounts>,
    /// What all of it costs, what is paid once included.
    pub cost: f64,
}

/// What there is to spend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purse {
    pub budget: Budget,
    pub amount: f64,
    /// What is paid once, before the first step.
    pub once: f64,
}

/// The longest run of a method that a purse buys: of the fewest epochs that would spend it, the
/// steps that it pays for.
pub(super) fn fit(
    (schedule, method): (&Schedule, MethodName),
    (images, batch): (usize, usize),
    purse: Purse,
    mut cost: impl FnMut(BatchCounts) -> Result<f64>,
) -> Result<Fitted> {
    let left = purse.amount - purse.once;
    let poor = |reason: String| Error::Budget {
        method: method.name(),
        amount: purse.budget.amount(purse.amount),
        reason,
    };
    if left <= 0.0 {
        let once = purse.budget.amount(purse.once);
        return Err(poor(format!("the reference alone takes {once}")));
    }
    // Sums of whole numbers in floating point may miss by their last bits.
    let left = left * (1.0 + 1e-9);
    for epochs in 1..=MOST_EPOCHS {
        let extent = Extent {
            images,
            batch,
            epochs,
            max_steps: None,
        };
        let mut fitted = Fitted {
            epochs,
            batches: Vec::new(),
            cost: purse.once,
        };
        let mut spent = 0.0;
        let mut whole = true;
        for batch in schedule.batches(method, &extent) {
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
            (_, true) => return Err(poor("it does not pay for one step".into())),
            // All epochs were paid for: more may be.
            (true, _) if spent < left * (1.0 - 2e-9) => {}
            _ => return Ok(fitted),
        }
    }
    Err(poor(format!(
        "it would take more than {MOST_EPOCHS} epochs"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURSE: Purse = Purse {
        budget: Budget::Samples,
        amount: 100.0,
        once: 0.0,
    };

    fn fitted(text: &str, method: MethodName, purse: Purse) -> Result<Fitted> {
        let schedule = text.parse().unwrap();
        fit((&schedule, method), (80, 32), purse, |batch| {
            Ok(batch.keep as f64)
        })
    }

    #[test]
    fn whole_epochs_are_as_many_as_cost_the_amount() {
        // Batches of 32, 32 and 16 keep 8, 8 and 4.
        let random = fitted("constant:0.25", MethodName::Random, PURSE).unwrap();
        assert_eq!((random.epochs, random.batches.len()), (5, 15));
        assert_eq!(random.cost, 100.0);
        let full = fitted("constant:0.25", MethodName::Full, PURSE).unwrap();
        assert_eq!((full.epochs, full.batches.len(), full.cost), (2, 3, 80.0));
    }

    #[test]
    fn no_step_goes_beyond_the_amount() {
        for amount in [8.0, 9.0, 16.0, 17.0, 21.0, 99.0, 101.0] {
            let purse = Purse { amount, ..PURSE };
            let fitted = fitted("linear:1..0.25", MethodName::Gstds, purse);
            let Ok(fitted) = fitted else {
                // One epoch begins with everything: 32 rows.
                assert!(amount < 32.0, "{amount}");
                continue;
            };
            assert!(fitted.cost <= amount, "{fitted:?}");
            assert!(fitted.cost > amount - 33.0, "{amount}: {fitted:?}");
        }
    }

    #[test]
    fn what_is_paid_once_is_paid_first() {
        let purse = Purse {
            once: 60.0,
            ..PURSE
        };
        let fitted = fitted("constant:0.25", MethodName::Gstds, purse).unwrap();
        assert_eq!((fitted.epochs, fitted.cost), (2, 100.0));
    }

    #[test]
    fn a_budget_that_buys_nothing_is_named() {
        let purse = |amount, once| Purse {
            amount,
            once,
            ..PURSE
        };
        for (purse, part) in [
            (purse(5.0, 0.0), "one step"),
            (purse(5.0, 7.0), "reference alone takes 7"),
        ] {
            let error = fitted("constant:0.25", MethodName::Jest, purse).unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains(part) && message.contains("jest") && message.contains("5 back"),
                "{message}"
            );
        }
    }
}
