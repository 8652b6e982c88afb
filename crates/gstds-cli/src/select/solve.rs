//! The parts, one after the other or many at once, on the device.

use std::time::{Duration, Instant};

use gstds::adapter::Gpu;
use gstds::profile::{Clock, selection_blocking, stages_blocking};
use gstds::{Features, GraphCall, Keep, Order, Path, Status};
use gstds_data::Progress as _;
use gstds_train::run::Terminal;

use super::device::Plan;
use super::parts::{Part, part_seed};
use super::upload::{self, Upload};
use crate::exit::Failure;
use gstds_data::matrix::Matrix;

/// What was selected.
pub(super) struct Solved {
    /// Kept rows in the order asked for; in rank order those of one part after those of another.
    pub(super) kept: Vec<u32>,
    /// One a row; 0 where nothing was solved.
    pub(super) scores: Vec<f32>,
    /// What each part says of itself; nothing where it keeps no row.
    pub(super) reports: Vec<Option<Status>>,
    pub(super) path: Path,
    /// Time on the device.
    pub(super) time: Duration,
    pub(super) clock: Clock,
}

/// Selects in every part that keeps a row.
pub(super) fn solve(
    gpu: &Gpu,
    plan: &Plan,
    pool: &mut Matrix,
    parts: &[Part],
    progress: &mut Terminal,
) -> Result<Solved, Failure> {
    let rows = pool.layout().rows;
    let mut solved = Solved {
        kept: Vec::new(),
        scores: vec![0.0; rows],
        reports: vec![None; parts.len()],
        path: plan.path,
        time: Duration::ZERO,
        clock: Clock::Wall,
    };
    let mut read = 0;
    let mut tell = |count| {
        read += count;
        progress.job("rows read", read, rows);
    };
    match plan.graphs {
        0 => one_by_one(gpu, plan, pool, parts, &mut solved, &mut tell)?,
        _ => together(gpu, plan, pool, parts, &mut solved, &mut tell)?,
    }
    progress.job("rows read", rows, rows);
    if plan.selector.options().order == Order::Ascending {
        solved.kept.sort_unstable();
    }
    Ok(solved)
}

impl Solved {
    fn take(&mut self, number: usize, part: &Part, kept: &[u32], status: Status) {
        let row = |&place: &u32| part.rows.at(place as usize) as u32;
        self.kept.extend(kept.iter().map(row));
        self.reports[number] = Some(status);
    }

    fn score(&mut self, part: &Part, scores: &[f32]) {
        for (place, &score) in scores.iter().enumerate() {
            self.scores[part.rows.at(place)] = score;
        }
    }
}

fn one_by_one(
    gpu: &Gpu,
    plan: &Plan,
    pool: &mut Matrix,
    parts: &[Part],
    solved: &mut Solved,
    done: &mut dyn FnMut(usize),
) -> Result<(), Failure> {
    let mut batch = plan.selector.prepare(plan.shape)?;
    let seed = plan.selector.options().seed;
    let mut upload = Upload::new(gpu, plan.feature_bytes)?;
    let element = pool.layout().element();
    solved.path = batch.path();
    for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.keep > 0) {
        batch.reseed(part_seed(seed, number));
        upload.restart();
        upload.push(pool, &part.rows, done)?;
        upload.finish()?;
        let rows = part.rows.len();
        let features = Features::new(upload.buffer())
            .dtype(upload::dtype(element))
            .rows(rows);
        let keep = Keep::Count(part.keep);
        let (time, clock) = if parts.len() == 1 {
            let profile = stages_blocking(&mut batch, &gpu.queue, features, keep)?;
            (profile.total(), profile.clock)
        } else {
            let timing = selection_blocking(&mut batch, &gpu.queue, features, keep)?;
            (timing.best(), timing.clock())
        };
        solved.time += time;
        solved.clock = clock;
        let status = batch.read_status(&gpu.queue);
        let status = status.map_err(|source| of_part(number, parts, source))?;
        if status.steps > 0 {
            solved.score(part, &batch.read_scores(&gpu.queue, rows)?);
        }
        let kept = batch.read_kept(&gpu.queue, part.keep)?;
        solved.take(number, part, &kept, status);
    }
    Ok(())
}

fn together(
    gpu: &Gpu,
    plan: &Plan,
    pool: &mut Matrix,
    parts: &[Part],
    solved: &mut Solved,
    done: &mut dyn FnMut(usize),
) -> Result<(), Failure> {
    let mut many = plan.selector.prepare_many(plan.shape, plan.graphs)?;
    let mut upload = Upload::new(gpu, plan.feature_bytes)?;
    let element = pool.layout().element();
    let wanted: Vec<usize> = (0..parts.len()).filter(|&at| parts[at].keep > 0).collect();
    for numbers in wanted.chunks(plan.graphs) {
        upload.restart();
        for &number in numbers {
            upload.push(pool, &parts[number].rows, done)?;
        }
        upload.finish()?;
        let call = |&number: &usize| GraphCall {
            rows: parts[number].rows.len(),
            keep: Keep::Count(parts[number].keep),
        };
        let calls: Vec<GraphCall> = numbers.iter().map(call).collect();
        let begun = Instant::now();
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let features = Features::new(upload.buffer()).dtype(upload::dtype(element));
        let counts = many.encode(&mut encoder, features, &calls)?;
        gpu.queue.submit([encoder.finish()]);
        let statuses = many.read_status(&gpu.queue, calls.len())?;
        solved.time += begun.elapsed();
        let kept = many.read_kept(&gpu.queue, &counts)?;
        let rows: Vec<usize> = calls.iter().map(|call| call.rows).collect();
        let scores = many.read_scores(&gpu.queue, &rows)?;
        for (at, (&number, status)) in numbers.iter().zip(statuses).enumerate() {
            let part = &parts[number];
            let status = status.map_err(|source| of_part(number, parts, source))?;
            solved.score(part, &scores[at]);
            solved.take(number, part, &kept[at], status);
        }
    }
    Ok(())
}

/// Says in which part it happened, where there are several.
pub(super) fn of_part(number: usize, parts: &[Part], source: gstds::Error) -> Failure {
    match parts.len() {
        1 => source.into(),
        count => Failure::Part {
            part: format!("part {} of {count}", number + 1),
            source,
        },
    }
}
