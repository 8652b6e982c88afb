//! The rule random: rows drawn on the host. No feature has a say, so none is read.

use std::time::Duration;

use gstds::profile::Clock;
use gstds::{Order, random_rows};

use crate::error::Result;
use crate::partition::part_seed;
use crate::plan::DevicePlan;
use crate::pool::{Pool, RowSet};
use crate::solve::{Solved, unsolved_vectors};

/// Draws from every part. Zero, NaN and infinite rows are drawn as all others are; they are looked
/// for only where the request reads the features all the same.
pub(crate) fn draw(device: &DevicePlan<'_>, pool: &mut Pool) -> Result<Solved> {
    let (plan, rows) = (device.plan, pool.layout().rows);
    let options = &plan.request.options;
    let mut kept = Vec::new();
    for (number, part) in plan.parts.iter().enumerate() {
        let seed = part_seed(options.seed, number);
        let drawn = random_rows(part.rows.len(), part.keep, seed, options.order);
        kept.extend(
            drawn
                .into_iter()
                .map(|place| part.rows.at(place as usize) as u32),
        );
    }
    if options.order == Order::Ascending {
        kept.sort_unstable();
    }
    let invalid = match plan.request.reads_features() {
        true => Some(pool.invalid_among(&RowSet::Range(0..rows))?),
        false => None,
    };
    Ok(Solved {
        kept,
        scores: vec![f32::NAN; rows],
        vectors: unsolved_vectors(options, rows),
        spectra: vec![None; plan.parts.len()],
        objective: None,
        invalid,
        statuses: vec![None; plan.parts.len()],
        path: device.path,
        time: Duration::ZERO,
        clock: Clock::Wall,
    })
}
