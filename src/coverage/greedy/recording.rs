//! What one greedy choice records: what is known before, and for each row that is chosen.

use super::{Call, Greedy, buffers::Round};
use crate::{
    features::FeatureBindings,
    kernel::{BoundKernel, table},
    params::uniform,
    paths::chunks::BoundChunks,
    recorder::Recorder,
};

/// Kernels of one call that read its features.
pub(super) struct GreedyRecording<'a> {
    greedy: &'a Greedy,
    chunks: BoundChunks,
    rows: u32,
    wanted: u32,
    candidates: BoundKernel,
    choose: BoundKernel,
    centre: BoundKernel,
    cover: Cover,
}

/// How a choice changes coverage.
enum Cover {
    /// By a row of stored similarities.
    Stored(BoundKernel),
    /// By all rows' features.
    Rows(BoundKernel),
}

impl<'a> GreedyRecording<'a> {
    pub fn new(greedy: &'a Greedy, features: &FeatureBindings<'_>, call: Call) -> Self {
        // Read-only wherever features are read.
        let no_list = &greedy.buffers.already;
        let chunks = BoundChunks::new(
            &greedy.pipelines,
            &greedy.division.tiling,
            no_list,
            features,
        );
        let kind = ("element_kind", f64::from(chunks.kind as u32));
        let by_gain = greedy.constant();
        let runs = ("runs", f64::from(greedy.division.runs));
        Self {
            candidates: greedy.bind(&table::GREEDY_CANDIDATES, &[], &[]),
            choose: greedy.bind(&table::GREEDY_CHOOSE, &[by_gain, runs], &[]),
            centre: greedy.bind(&table::CENTRE_ROW, &[kind], &[]),
            cover: match (greedy.by_gain, greedy.division.stored) {
                (true, true) => Cover::Stored(greedy.bind(&table::STORED_COVER, &[by_gain], &[])),
                (true, false) => {
                    Cover::Rows(greedy.bind(&table::CENTRE_SIMILARITY, &[by_gain, kind], &[]))
                }
                (false, _) => {
                    Cover::Rows(greedy.bind(&table::CENTRE_DISTANCE, &[by_gain, kind], &[]))
                }
            },
            rows: features.rows,
            wanted: call.kept + call.already,
            greedy,
            chunks,
        }
    }

    fn kind(&self) -> (&'static str, f64) {
        ("element_kind", f64::from(self.chunks.kind as u32))
    }

    /// What is known before anything is chosen.
    pub fn begin(&self, pass: &mut Recorder<'_, '_>) {
        let (greedy, rows) = (self.greedy, self.rows);
        let by_gain = greedy.constant();
        let norms = greedy.bind(&table::ROW_NORMS, &[self.kind()], &[]);
        self.by_chunk(pass, &norms);
        for spec in [&table::GREEDY_ORDER, &table::GREEDY_START] {
            greedy.bind(spec, &[by_gain], &[]).record(pass, rows);
        }
        if greedy.by_gain {
            self.store_similarities(pass);
            self.gains(pass, true);
        }
        self.record_centre(pass);
        let probing = [by_gain, self.kind(), ("probing", 1.0)];
        let probe = greedy.bind(&table::CENTRE_DISTANCE, &probing, &[]);
        self.by_chunk(pass, &probe);
        greedy
            .bind(&table::GREEDY_MODE, &[by_gain], &[])
            .record(pass, rows);
    }

    pub fn steps(&self, pass: &mut Recorder<'_, '_>) {
        let greedy = self.greedy;
        let gains = greedy.by_gain.then(|| self.bound_gains(false));
        for _ in 0..self.wanted {
            self.candidates
                .record_groups(pass, [greedy.division.runs, 1, 1]);
            self.choose.record(pass, self.rows);
            match &self.cover {
                Cover::Stored(cover) => cover.record(pass, self.rows),
                Cover::Rows(cover) => {
                    self.record_centre(pass);
                    self.by_chunk(pass, cover);
                }
            }
            if let Some(gains) = &gains {
                self.record_gains(pass, gains);
            }
        }
        // What is left after the last choice.
        self.candidates
            .record_groups(pass, [greedy.division.runs, 1, 1]);
        self.choose.record(pass, self.rows);
    }

    fn record_centre(&self, pass: &mut Recorder<'_, '_>) {
        for chunk in &self.chunks.chunks {
            self.centre.record_chunk(pass, &chunk.group, [1, 1, 1], 0);
        }
    }

    fn by_chunk(&self, pass: &mut Recorder<'_, '_>, kernel: &BoundKernel) {
        for chunk in &self.chunks.chunks {
            kernel.record_chunk(pass, &chunk.group, kernel.workgroups(chunk.rows), 0);
        }
    }

    /// The matrix of similarities, where it is stored, a block of rows a dispatch.
    fn store_similarities(&self, pass: &mut Recorder<'_, '_>) {
        let (greedy, division) = (self.greedy, &self.greedy.division);
        if !division.stored {
            return;
        }
        let device = greedy.pipelines.device();
        let all = self.rows.next_multiple_of(64);
        let range = uniform(device, bytemuck::bytes_of(&[0, all]));
        let given = [("range", range.as_entire_buffer_binding())];
        let unit_rows = greedy.bind(&table::UNIT_ROWS, &[self.kind()], &given);
        for chunk in &self.chunks.chunks {
            unit_rows.record_chunk(pass, &chunk.group, unit_rows.workgroups(all), 0);
        }
        for (first, rows) in division.blocks(all) {
            let block = uniform(device, bytemuck::bytes_of(&division.block(rows)));
            let from = |buffer: &'a wgpu::Buffer, stride: usize| wgpu::BufferBinding {
                buffer,
                offset: first as u64 * stride as u64 * 4,
                size: None,
            };
            let given = [
                ("block", block.as_entire_buffer_binding()),
                ("block_unit", from(&greedy.buffers.unit, division.padded)),
                (
                    "similarity",
                    from(&greedy.buffers.similarity, division.leading),
                ),
            ];
            let kernel = greedy.bind(&table::BLOCK_SIMILARITY, &[], &given);
            let work = u64::from(rows) * u64::from(all) * division.padded as u64;
            kernel.record_work(pass, [rows / 64, all / 64, 1], work);
        }
    }

    fn gains(&self, pass: &mut Recorder<'_, '_>, opening: bool) {
        let bound = self.bound_gains(opening);
        self.record_gains(pass, &bound);
    }

    fn bound_gains(&self, opening: bool) -> Gains {
        let greedy = self.greedy;
        let opening = ("opening", f64::from(u8::from(opening)));
        let by_gain = greedy.constant();
        if greedy.division.stored {
            let kernel = greedy.bind(&table::STORED_GAINS, &[by_gain, opening], &[]);
            return Gains::Stored(kernel);
        }
        let device = greedy.pipelines.device();
        let round = |round: Round| {
            let buffer = uniform(device, bytemuck::bytes_of(&round));
            let given = [("window", buffer.as_entire_buffer_binding())];
            let rows = greedy.bind(&table::CHANGE_ROWS, &[by_gain, self.kind()], &given);
            let constants = [by_gain, self.kind(), opening];
            let gains = greedy.bind(&table::TILE_GAINS, &constants, &given);
            (rows, gains)
        };
        Gains::Tiled(greedy.division.rounds(self.rows).map(round).collect())
    }

    fn record_gains(&self, pass: &mut Recorder<'_, '_>, gains: &Gains) {
        match gains {
            Gains::Stored(kernel) => kernel.record(pass, self.rows),
            Gains::Tiled(rounds) => {
                let division = &self.greedy.division;
                let most = division.round_rows as u32;
                // If all rows of the round changed.
                let of_row = u64::from(most) * division.padded as u64;
                for (rows, gains) in rounds {
                    for chunk in &self.chunks.chunks {
                        rows.record_chunk(pass, &chunk.group, rows.workgroups(most), 0);
                    }
                    for chunk in &self.chunks.chunks {
                        let groups = [chunk.rows.div_ceil(64), 1, 1];
                        let work = u64::from(chunk.rows) * of_row;
                        gains.record_chunk(pass, &chunk.group, groups, work);
                    }
                }
            }
        }
    }
}

/// How gains follow changes of coverage.
enum Gains {
    Stored(BoundKernel),
    /// A round after the other: unit rows of its changes, and what they take off.
    Tiled(Vec<(BoundKernel, BoundKernel)>),
}
