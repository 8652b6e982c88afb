//! The kernels of `guided` and what they read: the label graph, on the device once.

use super::terms::{GuideTerm, GuideTerms};
use bytemuck::{Pod, Zeroable};
use gstds::adapter::Gpu;
use gstds_burn::device_tensor::Submission;
use gstds_curate::guided::constants::{
    ACCURACY_RATE, AGE, CLASS, CLASS_RATE, MARGIN, MEAN_STEPS, OPENING, REFERENCE,
};
use gstds_curate::guided::is_trusted;
use gstds_curate::label_graph::{LabelGraph, NEAREST};
use wgpu::util::DeviceExt;

/// Invocations of a workgroup, as in the shader.
const THREADS: usize = 64;

/// Bits of [`ScoreParams::terms`].
const TERMS: [(GuideTerm, u32); 3] = [
    (GuideTerm::Class, 1),
    (GuideTerm::Reference, 2),
    (GuideTerm::Age, 4),
];
const TRUSTED: u32 = 8;

/// Compiled for one label graph.
#[derive(Debug)]
pub(super) struct GuidedKernels {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    /// Rows of the data set.
    pub rows: usize,
    pub classes: usize,
    terms: u32,
    ahead: f32,
    score: wgpu::ComputePipeline,
    lose: wgpu::ComputePipeline,
    learn: wgpu::ComputePipeline,
    labels: wgpu::Buffer,
    within: wgpu::Buffer,
    vote_losses: wgpu::Buffer,
    nearest: wgpu::Buffer,
    likeness: wgpu::Buffer,
}

/// `Params` of `guided_scores.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct ScoreParams {
    count: u32,
    classes: u32,
    terms: u32,
    step: f32,
    share: f32,
    ahead: f32,
    opening: f32,
    class_weight: f32,
    reference_weight: f32,
    age_weight: f32,
    // A uniform's size is a multiple of 16 bytes.
    unused: [u32; 2],
}

/// `Params` of `guided_learning.wgsl`, which begin as those of `guided_losses.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct ObservationParams {
    count: u32,
    classes: u32,
    step: f32,
    class_rate: f32,
    mean_rate: f32,
    accuracy_rate: f32,
    unused: [u32; 2],
}

/// What a batch is scored by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scoring {
    /// Rows of the batch.
    pub rows: usize,
    /// Rows to keep.
    pub keep: usize,
    /// Steps observed so far.
    pub steps: u64,
}

/// What a step adds to the state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    /// Rows kept.
    pub kept: usize,
    /// Steps observed before it.
    pub steps: u64,
}

/// Bytes that the graph and the state take on the device.
pub(crate) fn device_bytes(rows: usize, classes: usize) -> u64 {
    // A label, a loss, the nearest rows with how alike they are, and when the row was last kept.
    let row = 4 * (2 + 2 * NEAREST + 1);
    let class = 4 * 2;
    (rows * row + classes * class + 4) as u64
}

impl GuidedKernels {
    pub fn submission(&self) -> Submission<'_> {
        Submission {
            device: &self.device,
            queue: &self.queue,
            label: "gstds guided",
        }
    }

    /// Compiles the kernels and uploads the graph: 88 bytes a row.
    pub fn new(gpu: &Gpu, graph: &LabelGraph, guide: &GuideTerms) -> Self {
        let device = &gpu.device;
        let labels: Vec<u32> = graph.labels.iter().map(|label| (*label).into()).collect();
        let on = TERMS.iter().filter(|(term, _)| guide.has(*term));
        let terms = on.map(|(_, bit)| bit).sum::<u32>();
        let trusted = is_trusted(graph);
        Self {
            rows: graph.labels.len(),
            classes: graph.classes,
            terms: terms | if trusted { TRUSTED } else { 0 },
            ahead: (graph.accuracy - MARGIN) as f32,
            score: pipeline(
                device,
                wgpu::include_wgsl!("../../../shaders/guided_scores.wgsl"),
            ),
            lose: pipeline(
                device,
                wgpu::include_wgsl!("../../../shaders/guided_losses.wgsl"),
            ),
            learn: pipeline(
                device,
                wgpu::include_wgsl!("../../../shaders/guided_learning.wgsl"),
            ),
            labels: stored(device, "labels", bytemuck::cast_slice(&labels)),
            within: stored(
                device,
                "losses within classes",
                bytemuck::cast_slice(&graph.losses_within_class()),
            ),
            vote_losses: stored(
                device,
                "losses of classes",
                bytemuck::cast_slice(&graph.class_losses()),
            ),
            nearest: stored(device, "nearest", bytemuck::cast_slice(&graph.nearest)),
            likeness: stored(device, "likeness", bytemuck::cast_slice(&graph.likeness)),
            device: device.clone(),
            queue: gpu.queue.clone(),
        }
    }

    /// Values of the state.
    pub fn state_values(&self) -> usize {
        1 + self.classes + self.rows
    }

    /// Bytes of the graph and of a state.
    #[cfg(test)]
    pub fn bytes(&self) -> u64 {
        let graph = [
            &self.labels,
            &self.within,
            &self.vote_losses,
            &self.nearest,
            &self.likeness,
        ];
        let stored: u64 = graph.iter().map(|buffer| buffer.size()).sum();
        stored + 4 * self.state_values() as u64
    }

    fn score_params(&self, scoring: Scoring) -> ScoreParams {
        ScoreParams {
            count: scoring.rows as u32,
            classes: self.classes as u32,
            terms: self.terms,
            step: scoring.steps as f32,
            share: (scoring.keep as f64 / self.rows as f64) as f32,
            ahead: self.ahead,
            opening: OPENING as f32,
            class_weight: CLASS as f32,
            reference_weight: REFERENCE as f32,
            age_weight: AGE as f32,
            unused: [0; 2],
        }
    }

    fn observation_params(&self, Observation { kept, steps }: Observation) -> ObservationParams {
        let mean_rate = match steps <= MEAN_STEPS {
            true => 1.0 / (steps + 1) as f64,
            false => 0.0,
        };
        ObservationParams {
            count: kept as u32,
            classes: self.classes as u32,
            step: steps as f32,
            class_rate: CLASS_RATE as f32,
            mean_rate: mean_rate as f32,
            accuracy_rate: (ACCURACY_RATE / kept as f64) as f32,
            unused: [0; 2],
        }
    }

    /// Records the scores of a batch: scores, class, reference and age terms, as many as rows each,
    /// then the gate, into `scored`, all of whose 4·rows + 1 values are written. One dispatch.
    pub fn record_scores(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        scoring: Scoring,
        [rows, state]: [wgpu::BufferBinding<'_>; 2],
        scored: &wgpu::Buffer,
    ) {
        let params = self.uniform(bytemuck::bytes_of(&self.score_params(scoring)));
        let bindings = [
            (0, params.as_entire_buffer_binding()),
            (1, rows),
            (2, state),
            (3, self.labels.as_entire_buffer_binding()),
            (4, self.within.as_entire_buffer_binding()),
            (5, self.nearest.as_entire_buffer_binding()),
            (6, self.likeness.as_entire_buffer_binding()),
            (7, scored.as_entire_buffer_binding()),
            (8, self.vote_losses.as_entire_buffer_binding()),
        ];
        let mut pass = begin(encoder, "gstds guided score");
        let groups = scoring.rows.div_ceil(THREADS) as u32;
        self.dispatch(&mut pass, &self.score, &bindings, groups);
    }

    /// Records what a step adds to the state, in place in `next`. Two dispatches.
    pub fn record_observation(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        observation: Observation,
        [rows, logits]: [wgpu::BufferBinding<'_>; 2],
        next: &wgpu::Buffer,
    ) {
        let kept = observation.kept;
        let params = self.observation_params(observation);
        let params = self.uniform(bytemuck::bytes_of(&params));
        let seen = scratch(&self.device, "seen", 3 * kept, wgpu::BufferUsages::STORAGE);
        let shared = [
            (0, params.as_entire_buffer_binding()),
            (1, rows),
            (2, next.as_entire_buffer_binding()),
            (3, self.labels.as_entire_buffer_binding()),
            (5, seen.as_entire_buffer_binding()),
        ];
        let mut with_logits = shared.to_vec();
        with_logits.push((4, logits));
        let mut pass = begin(encoder, "gstds guided observe");
        let groups = kept.div_ceil(THREADS) as u32;
        self.dispatch(&mut pass, &self.lose, &with_logits, groups);
        self.dispatch(&mut pass, &self.learn, &shared, 1);
    }

    fn uniform(&self, params: &[u8]) -> wgpu::Buffer {
        self.device
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("gstds guided parameters"),
                contents: params,
                usage: wgpu::BufferUsages::UNIFORM,
            })
    }

    fn dispatch(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        pipeline: &wgpu::ComputePipeline,
        bindings: &[(u32, wgpu::BufferBinding<'_>)],
        groups: u32,
    ) {
        let entries: Vec<_> = bindings
            .iter()
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding: *binding,
                resource: wgpu::BindingResource::Buffer(buffer.clone()),
            })
            .collect();
        let bound = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("gstds guided"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &bound, &[]);
        pass.dispatch_workgroups(groups, 1, 1);
    }
}

fn pipeline(
    device: &wgpu::Device,
    shader: wgpu::ShaderModuleDescriptor<'_>,
) -> wgpu::ComputePipeline {
    let module = device.create_shader_module(shader);
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("gstds guided"),
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

fn begin<'a>(encoder: &'a mut wgpu::CommandEncoder, label: &str) -> wgpu::ComputePass<'a> {
    encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
        label: Some(label),
        timestamp_writes: None,
    })
}

/// A buffer that is read alone.
fn stored(device: &wgpu::Device, label: &str, contents: &[u8]) -> wgpu::Buffer {
    device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some(label),
        contents,
        usage: wgpu::BufferUsages::STORAGE,
    })
}

/// A buffer of f32 for one call: Burn's pool may put inputs and outputs into one buffer, which a
/// bind group must not read and write at once, so the kernels write here.
pub(super) fn scratch(
    device: &wgpu::Device,
    label: &str,
    values: usize,
    usage: wgpu::BufferUsages,
) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: 4 * values as u64,
        usage,
        mapped_at_creation: false,
    })
}
