//! The parts, one after the other or many at once, on the device.

mod cover;
mod two_levels;
pub(crate) mod upload;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use gstds::adapter::Gpu;
use gstds::profile::{Clock, selection_blocking, stages_blocking};
use gstds::work::SelectionWork;
use gstds::{
    Batch, EncodedParts, Features, GraphCall, Keep, Options, Order, Path, Shape, Spectrum, Status,
};
use gstds_data::Progress;

use crate::error::{Error, Result};
use crate::partition::{PoolPart, part_seed};
use crate::plan::DevicePlan;
use crate::pool::Pool;
use crate::submission;
pub(crate) use two_levels::MOST_CLUSTERED;
use upload::Upload;

/// The results read from the device.
#[derive(Debug)]
pub(crate) struct Solved {
    /// Kept rows in the requested order; in rank order those of one part after those of another.
    pub(crate) kept: Vec<u32>,
    /// One a row; NaN where it is in no graph.
    pub(crate) scores: Vec<f32>,
    /// Scores along each vector, where several are requested: one a row; 0 where nothing was
    /// solved.
    pub(crate) vectors: Vec<Vec<f32>>,
    /// Of each part, under the same condition; none where nothing was solved.
    pub(crate) spectra: Vec<Option<Spectrum>>,
    /// Rows that are zero, NaN or infinite, ascending; none where the features were not read.
    pub(crate) invalid: Option<Vec<u32>>,
    /// Of each part; none where it keeps no row.
    pub(crate) statuses: Vec<Option<Status>>,
    pub(crate) path: Path,
    /// What a coverage rule reached: of several parts the sum (facility location) or the largest
    /// (k-center).
    pub(crate) objective: Option<f64>,
    /// Time on the device.
    pub(crate) time: Duration,
    pub(crate) clock: Clock,
}

/// Selects in every part that keeps a row.
pub(crate) fn solve(
    device: &DevicePlan<'_>,
    pool: &mut Pool,
    progress: &mut dyn Progress,
) -> Result<Solved> {
    let rows = pool.layout().rows;
    let mut read = 0;
    let mut report = |count| {
        // Some parts are read twice.
        read = rows.min(read + count);
        progress.job("rows read", read, rows);
        go_on(progress)
    };
    let mut solver = PartSolver {
        device,
        upload: Upload::new(device.gpu, device.feature_bytes)?,
        pool,
        solved: Solved::nothing(device, rows),
        done: &mut report,
    };
    match (device.plan.request.coverage_options(), device.graphs) {
        (Some(options), _) => solver.cover(&options)?,
        (None, 0) => solver.one_by_one()?,
        (None, _) => solver.together()?,
    }
    let mut solved = solver.finish()?;
    progress.job("rows read", rows, rows);
    if device.plan.request.options.order == Order::Ascending {
        solved.kept.sort_unstable();
    }
    Ok(solved)
}

struct PartSolver<'a> {
    device: &'a DevicePlan<'a>,
    upload: Upload<'a>,
    pool: &'a mut Pool,
    solved: Solved,
    /// Called with the number of rows read; an error where the caller asked to stop.
    done: &'a mut dyn FnMut(usize) -> Result<()>,
}

impl PartSolver<'_> {
    fn one_by_one(&mut self) -> Result<()> {
        let mut batch = self.device.selector.prepare(self.device.shape)?;
        self.solved.path = batch.path();
        let parts = &self.device.plan.parts;
        for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.keep > 0) {
            batch.reseed(part_seed(self.device.plan.request.options.seed, number));
            self.solve_part(&mut batch, number, part)?;
        }
        Ok(())
    }

    /// What was solved, with the rows that are in no graph.
    fn finish(mut self) -> Result<Solved> {
        let unseen = self.invalid_unseen()?;
        let Self {
            mut solved, upload, ..
        } = self;
        let mut invalid = upload.take_invalid();
        invalid.extend(unseen);
        invalid.sort_unstable();
        // Rows of a part that is chosen from in two levels are read twice.
        invalid.dedup();
        for &row in &invalid {
            solved.scores[row as usize] = f32::NAN;
        }
        solved.invalid = Some(invalid);
        Ok(solved)
    }

    /// Zero, NaN and infinite rows in parts that keep no row, which the device never sees.
    fn invalid_unseen(&mut self) -> Result<Vec<u32>> {
        let parts = &self.device.plan.parts;
        let mut invalid = Vec::new();
        for part in parts.iter().filter(|part| part.keep == 0) {
            invalid.extend(self.pool.invalid_among(&part.rows)?);
            (self.done)(part.rows.len())?;
        }
        Ok(invalid)
    }

    fn solve_part(&mut self, batch: &mut Batch, number: usize, part: &PoolPart) -> Result<()> {
        let (queue, parts) = (&self.device.gpu.queue, self.device.plan.parts.len());
        self.upload.restart();
        self.upload.push(self.pool, &part.rows, self.done)?;
        self.upload.finish()?;
        let rows = part.rows.len();
        let features = features(&self.upload, self.pool).rows(rows);
        let keep = Keep::Count(part.keep);
        let (time, clock) = if let Some(most) = dispatches_at_once(batch, rows) {
            let encoded = batch.encode_parts(features, keep, most)?;
            let time = submit_in_parts(encoded, self.device.gpu, self.done)?;
            (time, Clock::Wall)
        } else if parts == 1 {
            let profile = stages_blocking(batch, queue, features, keep)?;
            (profile.total(), profile.clock)
        } else {
            let timing = selection_blocking(batch, queue, features, keep)?;
            (timing.best(), timing.clock())
        };
        self.solved.time += time;
        self.solved.clock = clock;
        let status = batch.read_status(queue);
        let status = status.map_err(|source| in_part(number, parts, source))?;
        if status.steps > 0 {
            self.solved.score(part, &batch.read_scores(queue, rows)?);
            let vectors = batch.read_vectors(queue, rows)?;
            self.solved.put_vectors(part, &vectors);
            self.solved.spectra[number] = batch.read_spectrum(queue)?;
        }
        let kept = batch.read_kept(queue, part.keep)?;
        self.solved.take(number, part, &kept, status);
        Ok(())
    }

    fn together(&mut self) -> Result<()> {
        let device = self.device;
        let (parts, queue) = (&device.plan.parts, &device.gpu.queue);
        let mut many = device.selector.prepare_many(device.shape, device.graphs)?;
        let wanted: Vec<usize> = (0..parts.len()).filter(|&at| parts[at].keep > 0).collect();
        for numbers in wanted.chunks(device.graphs) {
            self.upload.restart();
            for &number in numbers {
                self.upload
                    .push(self.pool, &parts[number].rows, self.done)?;
            }
            self.upload.finish()?;
            let call = |&number: &usize| GraphCall {
                rows: parts[number].rows.len(),
                keep: Keep::Count(parts[number].keep),
            };
            let calls: Vec<GraphCall> = numbers.iter().map(call).collect();
            let begun = Instant::now();
            let mut encoder = device
                .gpu
                .device
                .create_command_encoder(&Default::default());
            let counts = many.encode(&mut encoder, features(&self.upload, self.pool), &calls)?;
            queue.submit([encoder.finish()]);
            let statuses = many.read_status(queue, calls.len())?;
            self.solved.time += begun.elapsed();
            let kept = many.read_kept(queue, &counts)?;
            let rows: Vec<usize> = calls.iter().map(|call| call.rows).collect();
            let scores = many.read_scores(queue, &rows)?;
            for (at, (&number, status)) in numbers.iter().zip(statuses).enumerate() {
                let part = &parts[number];
                let status = status.map_err(|source| in_part(number, parts.len(), source))?;
                self.solved.score(part, &scores[at]);
                self.solved.take(number, part, &kept[at], status);
            }
        }
        Ok(())
    }
}

impl Solved {
    /// Before anything is solved.
    fn nothing(device: &DevicePlan<'_>, rows: usize) -> Self {
        let parts = device.plan.parts.len();
        Self {
            kept: Vec::new(),
            scores: vec![f32::NAN; rows],
            vectors: unsolved_vectors(&device.plan.request.options, rows),
            spectra: vec![None; parts],
            invalid: None,
            statuses: vec![None; parts],
            path: device.path,
            objective: None,
            time: Duration::ZERO,
            clock: Clock::Wall,
        }
    }

    fn take(&mut self, number: usize, part: &PoolPart, kept: &[u32], status: Status) {
        let row = |&place: &u32| part.rows.at(place as usize) as u32;
        self.kept.extend(kept.iter().map(row));
        self.statuses[number] = Some(status);
    }

    fn put_vectors(&mut self, part: &PoolPart, vectors: &[Vec<f32>]) {
        for (of_pool, of_part) in self.vectors.iter_mut().zip(vectors) {
            for (place, &score) in of_part.iter().enumerate() {
                of_pool[part.rows.at(place)] = score;
            }
        }
    }

    fn score(&mut self, part: &PoolPart, scores: &[f32]) {
        for (place, &score) in scores.iter().enumerate() {
            self.scores[part.rows.at(place)] = score;
        }
    }
}

/// Dispatches of one submission, where the selection is predicted to take so long on a small GPU
/// that a watchdog might end it.
fn dispatches_at_once(batch: &Batch, rows: usize) -> Option<NonZeroU32> {
    let options = batch.options();
    let shape = Shape {
        rows,
        ..batch.shape()
    };
    let work = SelectionWork::new(batch.path(), shape, options, options.solver_steps());
    let parts = work.parts();
    let most = batch.dispatches(rows).div_ceil(parts);
    NonZeroU32::new(most).filter(|_| parts > 1)
}

/// Submits a selection part by part and waits for the time that all of them take.
fn submit_in_parts(
    encoded: EncodedParts,
    gpu: &Gpu,
    done: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Duration> {
    let begun = Instant::now();
    for commands in encoded.commands {
        done(0)?;
        submission::and_wait(gpu, [commands], "the end of a part")?;
    }
    Ok(begun.elapsed())
}

/// Scores along each vector before anything is solved, where several are requested.
pub(crate) fn unsolved_vectors(options: &Options, rows: usize) -> Vec<Vec<f32>> {
    match options.vectors {
        1 => Vec::new(),
        vectors => vec![vec![0.0; rows]; vectors as usize],
    }
}

/// An error where the caller asked to stop.
pub(crate) fn go_on(progress: &mut dyn Progress) -> Result<()> {
    match progress.stopped() {
        true => Err(Error::Stopped),
        false => Ok(()),
    }
}

/// What was uploaded, as the kernels read it.
pub(crate) fn features<'a>(upload: &'a Upload<'_>, pool: &Pool) -> Features<'a> {
    Features::new(upload.buffer()).dtype(upload::dtype(pool.layout().element()))
}

/// Names the part, where there are several.
pub(crate) fn in_part(number: usize, parts: usize, source: gstds::Error) -> Error {
    match parts {
        1 => source.into(),
        _ => Error::Part {
            number: number + 1,
            parts,
            source,
        },
    }
}
