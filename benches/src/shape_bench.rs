//! One shape under measurement.

use crate::{Ceilings, Cell, Measured, Spread, StageCell, data::features};
use gstds::{
    Batch, Features, Keep, Result, Selector, Shape,
    adapter::Gpu,
    profile::{Profile, Timing, selection_blocking, stages_blocking},
    work::{SelectionWork, Work},
};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct ShapeBench {
    batch: Batch,
    features: wgpu::Buffer,
    keep: Keep,
    workspace_bytes: u64,
    wholes: Vec<Timing>,
    staged: Vec<Profile>,
}

impl ShapeBench {
    pub fn new(gpu: &Gpu, selector: &Selector, shape: Shape, keep: Keep) -> Result<Self> {
        let batch = selector.prepare(shape)?;
        let data = features(shape.rows, shape.features);
        Ok(Self {
            batch,
            features: gpu.upload("gstds bench features", &data)?,
            keep,
            workspace_bytes: selector.workspace_bytes(shape)?,
            wholes: Vec::new(),
            staged: Vec::new(),
        })
    }

    /// Selects twice: as a whole, and with a pass for each stage.
    pub fn visit(&mut self, queue: &wgpu::Queue, counts: bool) -> Result<()> {
        let view = Features::new(&self.features);
        let whole = selection_blocking(&mut self.batch, queue, view, self.keep)?;
        let staged = stages_blocking(&mut self.batch, queue, view, self.keep)?;
        if counts {
            self.wholes.push(whole);
            self.staged.push(staged);
        }
        Ok(())
    }

    pub fn cell(&self, queue: &wgpu::Queue, ceilings: &Ceilings) -> Result<Cell> {
        let shape = self.batch.shape();
        let kept = self.keep.of(shape.rows)?;
        let status = self.batch.read_status(queue)?;
        let path = self.batch.path();
        let options = self.batch.options();
        let works = SelectionWork::new(path, shape, options, status.steps).stages();
        let walls: Vec<Duration> = self.wholes.iter().map(|t| t.wall).collect();
        let hosts: Vec<Duration> = self.wholes.iter().map(|t| t.host).collect();
        let bests: Vec<Duration> = self.wholes.iter().map(Timing::best).collect();
        let all: Work = works.iter().map(|(_, work)| *work).sum();
        let stages = works.iter().enumerate().map(|(number, (stage, work))| {
            let of = |profile: &Profile| profile.stages[number].1;
            let times: Vec<Duration> = self.staged.iter().map(of).collect();
            StageCell {
                stage: *stage,
                measured: Measured::new(Spread::of(&times), *work, ceilings),
            }
        });
        Ok(Cell {
            rows: shape.rows,
            features: shape.features,
            keep: kept,
            path,
            steps: status.steps,
            flags: status.flags().to_string(),
            residual: status.residual,
            dispatches: self.batch.dispatches(shape.rows),
            workspace_bytes: self.workspace_bytes,
            wall: Spread::of(&walls),
            host: Spread::of(&hosts),
            total: Measured::new(Spread::of(&bests), all, ceilings),
            stages: stages.collect(),
            kept: self.batch.read_kept(queue, kept)?,
        })
    }
}
