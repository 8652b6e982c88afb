//! Milliseconds per selection and per stage on the adapter at hand, beside a full symmetric
//! eigendecomposition (faer, f64, all CPU threads) of the same Laplacian in the same run. Every
//! figure is a median: of 5 rounds, and of 3 for the eigendecomposition above 1024 rows.
//!
//! `cargo bench -p gstds --bench selection -- [ROWS,ROWS,...] [--features D] [--no-peer]`

use faer::{Mat, Side};
use gstds::{
    Features, Keep, Options, Selector, Shape, Stage,
    adapter::{Gpu, Wanted, open},
    profile::{Clock, Profile, selection_blocking, stages_blocking},
    twin,
};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;

/// Rounds of the eigendecomposition, which takes seconds to minutes where there are many rows.
const fn peer_rounds(rows: usize) -> usize {
    if rows <= 1024 { ROUNDS } else { 3 }
}

struct Arguments {
    rows: Vec<usize>,
    features: usize,
    peer: bool,
}

impl Arguments {
    fn parse() -> Self {
        let mut parsed = Self {
            rows: vec![128, 256, 512, 1024, 2048, 4096],
            features: 512,
            peer: true,
        };
        let mut given = std::env::args().skip(1);
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "--bench" => {}
                "--no-peer" => parsed.peer = false,
                "--features" => {
                    let value = given.next().and_then(|v| v.parse().ok());
                    parsed.features = value.expect("--features takes a number");
                }
                rows => {
                    let numbers = rows.split(',').map(str::parse);
                    parsed.rows = numbers
                        .collect::<Result<_, _>>()
                        .expect("rows are numbers with commas between them");
                }
            }
        }
        parsed
    }
}

/// ReLU-like rows: non-negative, sparse, around a few centres.
fn features(rows: usize, columns: usize) -> Vec<f32> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let centres: Vec<f32> = (0..8 * columns).map(|_| next()).collect();
    (0..rows * columns)
        .map(|at| (centres[at / columns % 8 * columns + at % columns] + next() - 0.8).max(0.0))
        .collect()
}

fn main() {
    let arguments = Arguments::parse();
    let gpu = match open(&Wanted::default()) {
        Ok(gpu) => gpu,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(3);
        }
    };
    let info = gpu.adapter.get_info();
    println!(
        "adapter: {} ({}, {} {})",
        info.name, info.backend, info.driver, info.driver_info
    );
    println!(
        "features: {}, keep: a quarter, options: gstds preset",
        arguments.features
    );
    let mut heading = String::from("| rows | selection ms |");
    Stage::ALL
        .iter()
        .for_each(|stage| heading += &format!(" {stage} |"));
    println!("{heading} dispatches | MiB | faer eigen ms | faer / ours |");
    println!("|{}", "---:|".repeat(Stage::ALL.len() + 6));
    let mut clock = None;
    for rows in &arguments.rows {
        let (line, read) = line(&gpu, *rows, &arguments);
        println!("{line}");
        clock = Some(read);
    }
    if let Some(clock) = clock {
        println!("\nselection by wall clock, stages by {}", clock.name());
    }
}

/// A line of the table, and the clock of its stages.
fn line(gpu: &Gpu, rows: usize, arguments: &Arguments) -> (String, Clock) {
    let columns = arguments.features;
    let data = features(rows, columns);
    let buffer = upload(gpu, &data);
    let selector = Selector::new(&gpu.device, &Options::gstds()).expect("default options");
    let shape = Shape {
        rows,
        features: columns,
    };
    let mut batch = selector.prepare(shape).expect("the shape fits the device");
    let keep = Keep::Count(rows / 4);
    let mut whole = Vec::new();
    let mut staged: Vec<Profile> = Vec::new();
    for round in 0..=ROUNDS {
        let view = Features::new(&buffer);
        let total = selection_blocking(&mut batch, &gpu.queue, view, keep).expect("a selection");
        let stages = stages_blocking(&mut batch, &gpu.queue, view, keep).expect("a selection");
        // The first round warms caches and compiles pipelines.
        if round > 0 {
            whole.push(total);
            staged.push(stages);
        }
    }
    let ours = median(&mut whole);
    let mut cells = format!("| {rows} | {:.2} |", milliseconds(ours));
    for number in 0..Stage::ALL.len() {
        let mut times: Vec<_> = staged.iter().map(|p| p.stages[number].1).collect();
        cells += &format!(" {:.2} |", milliseconds(median(&mut times)));
    }
    let bytes = selector.workspace_bytes(shape).expect("prepared above") as f64;
    cells += &format!(
        " {} | {:.1} |",
        batch.dispatches(rows),
        bytes / f64::from(1 << 20)
    );
    if arguments.peer {
        let mut times: Vec<_> = (0..peer_rounds(rows))
            .map(|_| eigendecomposition(&data, columns))
            .collect();
        let peer = median(&mut times);
        let ratio = peer.as_secs_f64() / ours.as_secs_f64();
        cells += &format!(" {:.1} | {ratio:.1} |", milliseconds(peer));
    } else {
        cells += " not run | |";
    }
    (cells, staged[0].clock)
}

/// What a CPU program would do instead: similarity, Laplacian, all eigenpairs.
fn eigendecomposition(data: &[f32], columns: usize) -> Duration {
    let (unit, _) = twin::normalize(data, columns);
    let rows = unit.len() / columns;
    let start = Instant::now();
    let unit = Mat::from_fn(rows, columns, |i, j| unit[i * columns + j]);
    let similarity = &unit * unit.transpose();
    let degree: Vec<f64> = (0..rows).map(|i| similarity.row(i).iter().sum()).collect();
    let laplacian = Mat::from_fn(rows, rows, |i, j| {
        let identity = if i == j { 1.0 } else { 0.0 };
        identity - similarity[(i, j)] / (degree[i] * degree[j]).sqrt()
    });
    let eigen = laplacian
        .self_adjoint_eigen(Side::Lower)
        .expect("finite input");
    let second = eigen.S()[1];
    let time = start.elapsed();
    assert!(second > 0.0, "the graph is connected");
    time
}

fn upload(gpu: &Gpu, data: &[f32]) -> wgpu::Buffer {
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("bench features"),
        size: size_of_val(data) as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    gpu.queue
        .write_buffer(&buffer, 0, bytemuck::cast_slice(data));
    buffer
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
