use super::*;
use crate::method::{BatchRows, BatchSize, EpochPlan, KeptRows, noise::EpochNoise, ranking};
use crate::read_back::read_back;
use burn::tensor::{Device, TensorData};
use gstds::adapter::AdapterRequest;
use gstds_curate::guided::{Guided as HostGuided, GuidedBatch, Observed};
use gstds_curate::label_graph::NEAREST;
use gstds_curate::order::gumbel;

const ROWS: usize = 60;
const CLASSES: usize = 3;
const BATCH: usize = 20;
const KEEP: usize = 5;

fn graph(accuracy: f64) -> LabelGraph {
    let nearest = (0..ROWS * NEAREST).map(|i| ((i / NEAREST + i % NEAREST + 1) % ROWS) as i32);
    LabelGraph {
        labels: (0..ROWS).map(|row| (row % CLASSES) as u16).collect(),
        classes: CLASSES,
        losses: (0..ROWS).map(|row| (row % 7) as f32 / 2.0).collect(),
        accuracy,
        nearest: nearest.collect(),
        likeness: (0..ROWS * NEAREST).map(|i| (i % 4) as f32 / 3.0).collect(),
    }
}

/// The rule in f64, as the module's text has it.
struct Twin {
    graph: LabelGraph,
    last: Vec<Option<u64>>,
    class_losses: Vec<f64>,
    accuracy: Option<f64>,
    steps: u64,
}

impl Twin {
    fn new(graph: LabelGraph) -> Self {
        Self {
            last: vec![None; ROWS],
            class_losses: vec![(CLASSES as f64).ln(); CLASSES],
            accuracy: None,
            steps: 0,
            graph,
        }
    }

    fn gate(&self) -> f64 {
        if self.graph.accuracy <= 1.0 / CLASSES as f64 + 0.05 {
            return 0.0;
        }
        let ahead = |accuracy: f64| (self.graph.accuracy - accuracy - 0.05) / 0.1;
        self.accuracy
            .map_or(1.0, |accuracy| ahead(accuracy).clamp(0.0, 1.0))
    }

    fn recency(&self, row: usize) -> f64 {
        let passed = |last: u64| (self.steps - last) as f64 * KEEP as f64 / ROWS as f64;
        self.last[row].map_or(0.0, |last| (1.0 - passed(last)).max(0.0))
    }

    /// Class, reference and age term of a row.
    fn terms(&self, row: usize) -> [f64; 3] {
        let within = f64::from(self.graph.losses_within_class()[row]);
        let line = row * NEAREST..(row + 1) * NEAREST;
        let alike = self.graph.likeness[line.clone()].iter();
        let unlike = self.graph.nearest[line].iter().zip(alike);
        let unlike =
            unlike.map(|(other, alike)| 1.0 - f64::from(*alike) * self.recency(*other as usize));
        let age = (1.0 - self.recency(row)) * unlike.product::<f64>();
        let label = usize::from(self.graph.labels[row]);
        let class = self.class_losses[label] - f64::from(self.graph.class_losses()[label]);
        [0.5 * class, -2.0 * self.gate() * within, 4.0 * age]
    }

    fn observe(&mut self, rows: &[usize], logits: &[[f64; CLASSES]]) {
        let label = |row: usize| usize::from(self.graph.labels[row]);
        let loss = |(row, logits): (&usize, &[f64; CLASSES])| {
            let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
            (label(*row), sum.ln() - logits[label(*row)])
        };
        let losses: Vec<_> = rows.iter().zip(logits).map(loss).collect();
        for class in 0..CLASSES {
            let own = losses
                .iter()
                .filter(|(of, loss)| *of == class && loss.is_finite());
            let own: Vec<f64> = own.map(|(_, loss)| *loss).collect();
            if !own.is_empty() {
                let mean = own.iter().sum::<f64>() / own.len() as f64;
                self.class_losses[class] = 0.8 * self.class_losses[class] + 0.2 * mean;
            }
        }
        let new: Vec<bool> = rows
            .iter()
            .zip(logits)
            .zip(&losses)
            .filter(|((row, _), (_, loss))| self.last[**row].is_none() && loss.is_finite())
            .map(|((row, logits), _)| logits.iter().all(|logit| *logit <= logits[label(*row)]))
            .collect();
        if !new.is_empty() {
            let right = new.iter().filter(|right| **right).count() as f64 / new.len() as f64;
            let rate = match self.steps <= 20 {
                true => 1.0 / (self.steps + 1) as f64,
                false => 0.05 * new.len() as f64 / rows.len() as f64,
            };
            let before = self.accuracy.unwrap_or(-1.0);
            self.accuracy = Some(before * (1.0 - rate) + right * rate);
        }
        for row in rows {
            self.last[*row] = Some(self.steps);
        }
        self.steps += 1;
    }
}

/// Every test runs the kernels.
fn gpu() -> GpuDevice {
    GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter")
}

fn ints(values: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.iter().map(|value| *value as i32).collect();
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}

fn floats(tensor: &Tensor<1>) -> Vec<f32> {
    tensor.try_to_vec_as::<f32>().unwrap()
}

fn batch_rows(step: usize) -> Vec<usize> {
    (0..BATCH)
        .map(|place| (step * BATCH + place * 7) % ROWS)
        .collect()
}

fn begun(terms: &str, accuracy: f64, gpu: &GpuDevice) -> Guided {
    Guided::new(gpu, &graph(accuracy), &terms.parse().unwrap())
}

/// One step: the kept rows of the data set, and what the choice went by.
fn step(method: &mut Guided, step: usize, gpu: &GpuDevice) -> (Vec<usize>, Vec<f32>) {
    let device = &gpu.burn;
    let rows = batch_rows(step);
    let batches = [BatchSize {
        rows: BATCH,
        keep: KEEP,
    }; 40];
    let plan = EpochPlan {
        batches: &batches,
        seed: 5,
    };
    let noise = EpochNoise::new(&plan, 1.0, device);
    let batch = BatchRows {
        rows: &ints(&rows, device),
        place: step,
        keep: KEEP,
        seed: 0,
        losses: None,
        recorded: false,
    };
    let terms = method.terms(batch.rows, KEEP);
    let record = method.record(&terms);
    let drawn = terms.sum() + noise.of(&batch);
    let positions = ranking::positions(ranking::ranks(&drawn).lower_elem(KEEP as i32), KEEP);
    let positions = positions.try_into_vec_as::<i32>().unwrap();
    let kept: Vec<usize> = positions
        .iter()
        .map(|place| rows[*place as usize])
        .collect();
    let logits = logits(&kept, step);
    let labels: Vec<usize> = kept.iter().map(|row| row % CLASSES).collect();
    let flat: Vec<f32> = logits.iter().flatten().map(|logit| *logit as f32).collect();
    method.observe(&KeptRows {
        rows: &ints(&kept, device),
        labels: &ints(&labels, device),
        logits: &Tensor::from_data(TensorData::new(flat, [KEEP, CLASSES]), device),
    });
    (kept, floats(&record))
}

/// A learner that is right about ever more rows; one of its losses is not finite.
fn logits(rows: &[usize], step: usize) -> Vec<[f64; CLASSES]> {
    let logits = |row: &usize| {
        let mut logits = [0.1, 0.2, 0.3];
        logits[row % CLASSES] += (row % 5) as f64 / 4.0 + step as f64 / 20.0 - 0.4;
        if step == 3 && row % 4 == 1 {
            logits[2] = f64::INFINITY;
        }
        logits
    };
    rows.iter().map(logits).collect()
}

#[test]
fn scores_and_state_are_those_of_float64() {
    let gpu = gpu();
    let mut method = begun("reference,class,age", 0.7, &gpu);
    let mut twin = Twin::new(graph(0.7));
    let mut gates = Vec::new();
    for number in 0..30 {
        let rows = batch_rows(number);
        let scores = method.terms(&ints(&rows, &gpu.burn), KEEP);
        let found = [1, 2, 3].map(|line| floats(&scores.line(line)));
        for (place, row) in rows.iter().enumerate() {
            for (term, expected) in twin.terms(*row).into_iter().enumerate() {
                let found = f64::from(found[term][place]);
                assert!(
                    (found - expected).abs() < 1e-4,
                    "step {number}, row {row}, term {term}: {found} {expected}"
                );
            }
        }
        let (kept, guide) = step(&mut method, number, &gpu);
        assert!(
            (f64::from(guide[0]) - twin.gate()).abs() < 1e-4,
            "step {number}"
        );
        gates.push(guide[0]);
        let mean =
            |term: usize| rows.iter().map(|row| twin.terms(*row)[term]).sum::<f64>() / BATCH as f64;
        for (at, term) in [(2, 0), (3, 1), (4, 2)] {
            assert!(
                (f64::from(guide[at]) - mean(term)).abs() < 1e-4,
                "step {number}, term {term}"
            );
        }
        twin.observe(&kept, &logits(&kept, number));
        let losses = floats(&method.state.class_losses());
        for (found, expected) in losses.iter().zip(&twin.class_losses) {
            assert!(
                (f64::from(*found) - expected).abs() < 1e-4,
                "step {number}: {losses:?}"
            );
        }
    }
    // It begins open, and closes as the learner gets better.
    assert_eq!(gates[0], 1.0);
    assert!(gates[29] < 1.0, "{gates:?}");
}

#[test]
fn a_restored_state_keeps_the_same_rows() {
    let gpu = gpu();
    let mut method = begun("reference,class,age", 0.9, &gpu);
    (0..7).for_each(|number| drop(step(&mut method, number, &gpu)));
    let state = method.state().unwrap();
    let on: Vec<_> = (7..20)
        .map(|number| step(&mut method, number, &gpu))
        .collect();
    let mut other = begun("reference,class,age", 0.9, &gpu);
    other.restore(&state).unwrap();
    assert_eq!(other.state().unwrap(), state);
    let again: Vec<_> = (7..20)
        .map(|number| step(&mut other, number, &gpu))
        .collect();
    assert_eq!(again, on);
    // A fresh one keeps others.
    let mut fresh = begun("reference,class,age", 0.9, &gpu);
    let fresh: Vec<_> = (7..20)
        .map(|number| step(&mut fresh, number, &gpu))
        .collect();
    assert_ne!(fresh, on);

    assert!(other.restore(&[]).is_err());
    let four = LabelGraph {
        classes: 4,
        ..graph(0.9)
    };
    let mut small = Guided::new(&gpu, &four, &GuideTerms::default());
    let error = small.restore(&state).unwrap_err();
    assert!(error.contains("class_losses"), "{error}");
}

#[test]
fn terms_that_are_off_add_nothing_and_without_any_the_draw_is_uniform() {
    let gpu = gpu();
    for (terms, on) in [
        ("none", [false; 3]),
        ("class", [true, false, false]),
        ("reference,age", [false, true, true]),
    ] {
        let method = begun(terms, 0.9, &gpu);
        let scores = method.terms(&ints(&batch_rows(0), &gpu.burn), KEEP);
        let found = [1, 2, 3].map(|line| {
            let terms = floats(&scores.line(line));
            terms.iter().any(|score| *score != 0.0)
        });
        assert_eq!(found, on);
    }
}

#[test]
fn a_vote_at_chance_is_not_trusted() {
    let gpu = gpu();
    let mut method = begun("reference", 0.35, &gpu);
    for number in 0..10 {
        let (_, guide) = step(&mut method, number, &gpu);
        assert_eq!((guide[0], guide[3]), (0.0, 0.0));
    }
}

/// Losses as the method has them of these rows, and whether the largest logit is the label's.
fn reported(rows: &[usize], number: usize, device: &Device) -> (Vec<f32>, Vec<bool>) {
    let logits = logits(rows, number);
    let labels: Vec<usize> = rows.iter().map(|row| row % CLASSES).collect();
    let flat: Vec<f32> = logits.iter().flatten().map(|logit| *logit as f32).collect();
    let kept = KeptRows {
        rows: &ints(rows, device),
        labels: &ints(&labels, device),
        logits: &Tensor::from_data(TensorData::new(flat, [rows.len(), CLASSES]), device),
    };
    let right = |(logits, label): (&[f64; CLASSES], &usize)| {
        logits.iter().all(|logit| *logit <= logits[*label])
    };
    let correct = logits.iter().zip(&labels).map(right).collect();
    (floats(&kept.losses()), correct)
}

#[test]
fn the_rule_on_the_host_keeps_the_same_rows() {
    let gpu = gpu();
    let mut method = begun("reference,class,age", 0.7, &gpu);
    let mut host = HostGuided::new(graph(0.7));
    let noise = gumbel(40 * BATCH, 1.0, 5);
    for number in 0..40 {
        let rows: Vec<u32> = batch_rows(number).iter().map(|row| *row as u32).collect();
        let batch = GuidedBatch {
            rows: &rows,
            noise: &noise[number * BATCH..][..BATCH],
        };
        let (gate, on_host) = (host.gate(), host.choose(batch, KEEP));
        let (kept, guide) = step(&mut method, number, &gpu);
        let numbers: Vec<u32> = kept.iter().map(|row| *row as u32).collect();
        assert_eq!(on_host, numbers, "step {number}");
        assert!((gate - guide[0]).abs() < 1e-5, "step {number}");
        let (losses, correct) = reported(&kept, number, &gpu.burn);
        let observed = Observed {
            rows: &numbers,
            losses: &losses,
            correct: &correct,
        };
        host.observe(&observed).unwrap();
        let state = host.state();
        assert_eq!(
            state.last,
            floats(&method.state.values)[1 + CLASSES..],
            "step {number}"
        );
        let running = floats(&method.state.class_losses());
        for (found, expected) in state.class_losses.iter().zip(running) {
            assert!((found - expected).abs() < 1e-5, "step {number}");
        }
    }
    assert!(host.gate() < 1.0);
}

#[test]
fn the_bytes_on_the_device_are_those_predicted() {
    let method = begun("reference,class,age", 0.7, &gpu());
    let predicted = device_bytes(method.kernels.rows, method.kernels.classes);
    assert_eq!(method.kernels.bytes(), predicted);
}

/// Every value of the kernels' outputs is written, and no other row of the state is changed.
#[test]
fn poisoned_outputs_are_written_whole() {
    let gpu = gpu();
    let method = begun("reference,class,age", 0.9, &gpu);
    let (device, queue) = (&gpu.gpu.device, &gpu.gpu.queue);
    let usage =
        wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    let filled = |values: &[f32]| {
        let buffer = kernels::scratch(device, "test", values.len(), usage);
        queue.write_buffer(&buffer, 0, bytemuck::cast_slice(values));
        buffer
    };
    let rows: Vec<f32> = (0..BATCH as u32).map(f32::from_bits).collect();
    let mut state = vec![0.5; 1 + CLASSES];
    state.resize(1 + CLASSES + ROWS, -1.0);
    let (rows, state) = (filled(&rows), filled(&state));
    let scored = filled(&[f32::NAN; 4 * BATCH + 1]);
    let logits = filled(&[0.25; KEEP * CLASSES]);
    let mut encoder = device.create_command_encoder(&Default::default());
    let scoring = Scoring {
        rows: BATCH,
        keep: KEEP,
        steps: 3,
    };
    let inputs = [&rows, &state].map(wgpu::Buffer::as_entire_buffer_binding);
    method
        .kernels
        .record_scores(&mut encoder, scoring, inputs, &scored);
    let observation = Observation {
        kept: KEEP,
        steps: 3,
    };
    let inputs = [&rows, &logits].map(wgpu::Buffer::as_entire_buffer_binding);
    method
        .kernels
        .record_observation(&mut encoder, observation, inputs, &state);
    let scores = read_back(&gpu.gpu, encoder, &scored);
    assert!(scores.iter().all(|value| value.is_finite()));
    let encoder = device.create_command_encoder(&Default::default());
    let last = &read_back(&gpu.gpu, encoder, &state)[1 + CLASSES..];
    let kept = |row: usize| row < KEEP;
    for (row, last) in last.iter().enumerate() {
        assert_eq!(*last, if kept(row) { 3.0 } else { -1.0 }, "row {row}");
    }
}
