//! The benchmark engine: its ceilings do the work they claim, and its reports add up. How long
//! anything took is never asserted.

#[path = "../../tests/support/mod.rs"]
mod support;

use gstds::{
    Keep, Options, Path, Rule, Shape, Stage,
    profile::{Clock, selection_blocking},
    twin,
    work::Work,
};
use gstds_bench::{
    BenchConfig, Ceiling, Ceilings, CopyCeiling, FmaCeiling, Session, Spread, features, run,
};
use support::{POISON, gpu, read};

fn poison(buffer: &wgpu::Buffer) {
    let words = vec![POISON; buffer.size() as usize / 4];
    gpu()
        .queue
        .write_buffer(buffer, 0, bytemuck::cast_slice(&words));
}

#[test]
fn the_copy_ceiling_copies_every_quad() {
    for quads in [1, 255, 1023, 1024, 1025, 5000] {
        let bytes = quads * 16;
        let copy = CopyCeiling::new(gpu(), bytes).unwrap();
        poison(copy.duplicate());
        copy.run(&gpu().queue).unwrap();
        let found: Vec<f32> = read(copy.duplicate(), bytes as usize / 4);
        assert!(found == CopyCeiling::twin(bytes), "{quads} quads");
        assert_eq!(copy.bytes(), 2 * bytes);
    }
}

#[test]
fn the_fma_ceiling_follows_its_chains_to_the_end() {
    for (groups, sixteens) in [(1, 1), (2, 7), (5, 64)] {
        let fma = FmaCeiling::new(gpu(), groups, sixteens).unwrap();
        poison(fma.outcome());
        fma.run(&gpu().queue).unwrap();
        let expected = FmaCeiling::twin(groups, sixteens);
        let found: Vec<f32> = read(fma.outcome(), expected.len());
        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let error = (f64::from(*found) - expected).abs();
            assert!(
                error < 1e-4,
                "{groups} x {sixteens}, {at}: {found}, {expected}"
            );
        }
        let lanes = u64::from(groups) * 256;
        assert_eq!(fma.multiply_adds(), lanes * 12 * 16 * u64::from(sixteens));
    }
}

#[test]
fn the_bound_is_the_larger_of_memory_and_arithmetic() {
    let ceiling = |giga_per_second| Ceiling {
        giga_per_second,
        amount: 0,
        time: Spread::of(&[]),
    };
    let ceilings = Ceilings {
        copy: ceiling(100.0),
        fma: ceiling(1000.0),
        clock: Clock::Wall,
    };
    let bound = |multiply_adds, bytes| {
        let work = Work {
            multiply_adds,
            bytes,
        };
        ceilings.bound(&work)
    };
    assert_eq!(bound(0, 1_000_000), 0.01);
    assert_eq!(bound(10_000_000, 1_000_000), 0.02);
}

fn shapes(rows: &[usize], features: usize) -> Vec<Shape> {
    let shape = |&rows| Shape { rows, features };
    rows.iter().map(shape).collect()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs()
}

#[test]
fn a_report_has_a_cell_a_shape_and_its_figures_add_up() {
    let plan = BenchConfig {
        rounds: 3,
        ..BenchConfig::new(&shapes(&[33, 64, 100], 48))
    };
    let report = run(gpu(), &plan).unwrap();
    assert_eq!(report.rounds, 3);
    let control = report.control.unwrap();
    assert_eq!((control.rows, control.time.samples), (64, 3));
    assert!(control.ratio > 0.0 && control.ratio.is_finite());
    let rows: Vec<usize> = report.cells.iter().map(|c| c.rows).collect();
    assert_eq!(rows, [33, 64, 100]);
    for cell in &report.cells {
        assert_ne!(cell.path, Path::Auto);
        assert_eq!((cell.total.time.samples, cell.wall.samples), (3, 3));
        assert_eq!(cell.host.samples, 3);
        assert!(0.0 < cell.host.median && cell.host.median <= cell.wall.median);
        let stages: Vec<Stage> = cell.stages.iter().map(|s| s.stage).collect();
        assert_eq!(stages, Stage::ALL);
        let of = |amount: fn(&Work) -> u64| -> u64 {
            let stages = cell.stages.iter();
            stages.map(|s| amount(&s.measured.work)).sum()
        };
        assert_eq!(cell.total.work.bytes, of(|w| w.bytes));
        assert_eq!(cell.total.work.multiply_adds, of(|w| w.multiply_adds));
        let total = &cell.total;
        assert!(total.time.min <= total.time.median && total.time.median <= total.time.max);
        assert!(close(total.bound, report.ceilings.bound(&total.work)));
        assert!(close(total.share, total.bound / total.time.median));
        let flop = 2.0 * total.work.multiply_adds as f64;
        assert!(close(
            total.gflop_per_second,
            flop / total.time.median / 1e6
        ));
        assert!(cell.steps > 0 && cell.dispatches > 0 && cell.workspace_bytes > 0);
    }
}

#[test]
fn a_cell_keeps_what_a_selection_keeps() {
    let (rows, columns) = (100, 48);
    let report = run(
        gpu(),
        &BenchConfig {
            rounds: 1,
            ..BenchConfig::new(&shapes(&[rows], columns))
        },
    )
    .unwrap();
    let expected = twin::select(
        &features(rows, columns),
        columns,
        &Options::gstds(),
        Keep::Ratio(0.25),
    );
    let kept = &report.cells[0].kept;
    assert_eq!(kept.len(), 25);
    let overlap = support::overlap(kept, &expected.unwrap().kept);
    assert!(overlap >= 0.9, "{overlap}");
}

#[test]
fn what_is_not_solved_has_no_work_and_no_share() {
    let plan = BenchConfig {
        options: Options::gstds().rule(Rule::Random),
        rounds: 1,
        ..BenchConfig::new(&shapes(&[64], 32))
    };
    let report = run(gpu(), &plan).unwrap();
    let cell = &report.cells[0];
    assert_eq!(cell.steps, 0);
    for stage in &cell.stages {
        let idle = matches!(
            stage.stage,
            Stage::Similarity | Stage::Fiedler | Stage::Scores
        );
        assert_eq!(stage.measured.work.bytes == 0, idle, "{}", stage.stage);
        assert!(!idle || stage.measured.share == 0.0, "{}", stage.stage);
    }
}

#[test]
fn rounds_accumulate_and_the_first_report_makes_one() {
    let mut session = Session::new(gpu(), &BenchConfig::new(&shapes(&[33], 16))).unwrap();
    assert_eq!(session.report().unwrap().rounds, 1);
    session.round().unwrap();
    let report = session.report().unwrap();
    assert_eq!((report.rounds, report.cells[0].wall.samples), (2, 2));
}

#[test]
fn tables_have_a_line_a_shape_and_a_grid_of_none_has_none() {
    let plan = BenchConfig {
        rounds: 1,
        ..BenchConfig::new(&shapes(&[33, 64], 16))
    };
    let report = run(gpu(), &plan).unwrap();
    let markdown = report.markdown_with("peer", &["a".into(), "b".into()]);
    let table: Vec<&str> = markdown.lines().filter(|l| l.starts_with('|')).collect();
    assert_eq!(table.len(), 4, "{markdown}");
    let bars = |line: &str| line.matches('|').count();
    assert!(
        table.iter().all(|line| bars(line) == bars(table[0])),
        "{markdown}"
    );
    assert!(table[0].ends_with("| peer |") && table[3].ends_with("| b |"));
    assert!(report.text().contains("against itself reads"));
    let empty = run(gpu(), &BenchConfig::new(&[])).unwrap();
    assert!(empty.cells.is_empty() && empty.control.is_none());
    assert!(!empty.text().contains("against itself"));
}

#[test]
fn a_timing_has_the_clocks_that_the_device_has() {
    use gstds::{Features, Selector};
    let shape = Shape {
        rows: 128,
        features: 64,
    };
    let data = features(shape.rows, shape.features);
    let buffer = gpu().upload("test features", &data).unwrap();
    let selector = Selector::new(&gpu().device, &Options::gstds()).unwrap();
    let mut batch = selector.prepare(shape).unwrap();
    let view = Features::new(&buffer);
    let timing = selection_blocking(&mut batch, &gpu().queue, view, Keep::Count(32)).unwrap();
    let stamped = gpu().device.features();
    let stamped = stamped.contains(wgpu::Features::TIMESTAMP_QUERY);
    assert_eq!(timing.device.is_some(), stamped);
    assert_eq!(timing.best(), timing.device.unwrap_or(timing.wall));
    assert_eq!(timing.clock() == Clock::Device, stamped);
    assert!(timing.host <= timing.wall);
}
