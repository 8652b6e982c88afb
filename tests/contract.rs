//! The public API from outside: the caller's encoder, views, row lists, counts, limits, errors.

#[path = "contract/refusals.rs"]
mod refusals;
mod support;

use gstds::{
    Batch, Dtype, Error, Features, Keep, MAX_ROWS, Options, Path, Rule, Selector, Shape, Solver,
};
use support::{Noise, gpu, on_path, poison, run, upload};

const COLUMNS: usize = 24;

fn selector(options: &Options) -> Selector {
    Selector::new(&gpu().device, &on_path(options)).unwrap()
}

fn prepared(rows: usize) -> Batch {
    let shape = Shape {
        rows,
        features: COLUMNS,
    };
    selector(&Options::default()).prepare(shape).unwrap()
}

/// Selects through a view of a buffer that holds more than the batch.
fn kept_of(batch: &mut Batch, features: Features<'_>, keep: Keep) -> Vec<u32> {
    poison(batch);
    let gpu = gpu();
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let count = batch.encode(&mut encoder, features, keep).unwrap();
    gpu.queue.submit([encoder.finish()]);
    batch.read_kept(&gpu.queue, count).unwrap()
}

fn refused(features: Features<'_>, keep: Keep) -> Error {
    let mut encoder = gpu().device.create_command_encoder(&Default::default());
    prepared(100)
        .encode(&mut encoder, features, keep)
        .unwrap_err()
}

#[test]
fn a_list_of_bank_rows_selects_as_the_gathered_rows_do() {
    let bank = Noise(11).features(500, COLUMNS);
    let rows: Vec<u32> = (0..100).map(|i| (i * 37 + 11) % 500).collect();
    let gathered: Vec<f32> = rows
        .iter()
        .flat_map(|&r| bank[r as usize * COLUMNS..(r as usize + 1) * COLUMNS].to_vec())
        .collect();
    let expected = run(&gathered, COLUMNS, &Options::default(), Keep::Count(25)).kept;
    let bank = upload(bytemuck::cast_slice(&bank));
    let padded: Vec<u32> = [9; 5].into_iter().chain(rows).collect();
    let list = upload(bytemuck::cast_slice(&padded));
    let features = Features::new(&bank).picked_by(&list, 20, 500);
    assert_eq!(
        kept_of(&mut prepared(100), features, Keep::Count(25)),
        expected
    );
}

#[test]
fn rows_that_a_bank_does_not_have_are_invalid() {
    let bank = upload(bytemuck::cast_slice(&Noise(12).features(50, COLUMNS)));
    let rows: Vec<u32> = (0..40).map(|i| if i == 7 { 50 } else { i }).collect();
    let list = upload(bytemuck::cast_slice(&rows));
    let mut batch = prepared(40);
    let kept = kept_of(
        &mut batch,
        Features::new(&bank).picked_by(&list, 0, 50),
        Keep::Ratio(0.5),
    );
    assert!(!kept.contains(&7) && kept.len() == 20);
    assert_eq!(batch.read_status(&gpu().queue).unwrap().valid, 39);
}

#[test]
fn half_precision_strides_and_offsets_read_the_same_rows() {
    let data: Vec<f32> = Noise(13).features(90, COLUMNS);
    let rounded: Vec<f32> = data
        .iter()
        .map(|x| half::f16::from_f32(*x).to_f32())
        .collect();
    let expected = run(&rounded, COLUMNS, &Options::default(), Keep::Count(30)).kept;
    for (stride, skip) in [(COLUMNS, 0), (COLUMNS + 7, 3), (COLUMNS + 1, 129)] {
        let mut halves = vec![half::f16::NAN; skip + 91 * stride];
        let mut floats = vec![f32::NAN; skip + 91 * stride];
        for (at, value) in rounded.iter().enumerate() {
            let place = skip + at / COLUMNS * stride + at % COLUMNS;
            halves[place] = half::f16::from_f32(*value);
            floats[place] = *value;
        }
        halves.resize(halves.len().next_multiple_of(2), half::f16::NAN);
        let buffer = upload(bytemuck::cast_slice(&halves));
        let view = Features::new(&buffer)
            .dtype(Dtype::F16)
            .stride(stride)
            .offset(2 * skip as u64);
        assert_eq!(
            kept_of(&mut prepared(90), view, Keep::Count(30)),
            expected,
            "f16 {stride}"
        );
        let buffer = upload(bytemuck::cast_slice(&floats));
        let view = Features::new(&buffer)
            .stride(stride)
            .offset(4 * skip as u64);
        assert_eq!(
            kept_of(&mut prepared(90), view, Keep::Count(30)),
            expected,
            "f32 {stride}"
        );
    }
}

#[test]
fn fewer_rows_and_other_counts_need_no_new_workspace() {
    let data = Noise(14).features(300, COLUMNS);
    let buffer = upload(bytemuck::cast_slice(&data));
    let mut batch = prepared(300);
    for (rows, count) in [(300, 30), (130, 60), (64, 1), (299, 298), (3, 2), (300, 30)] {
        let alone = run(
            &data[..rows * COLUMNS],
            COLUMNS,
            &Options::default(),
            Keep::Count(count),
        );
        let view = Features::new(&buffer).rows(rows);
        let kept = kept_of(&mut batch, view, Keep::Count(count));
        assert_eq!(kept, alone.kept, "{count} of {rows}");
    }
}

#[test]
fn calls_in_one_encoder_each_see_their_own_parameters() {
    let gpu = gpu();
    let data = Noise(15).features(128, COLUMNS);
    let buffer = upload(bytemuck::cast_slice(&data));
    let mut batch = prepared(128);
    let copy = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 4 * 40,
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    });
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let first = batch
        .encode(&mut encoder, Features::new(&buffer), Keep::Count(40))
        .unwrap();
    encoder.copy_buffer_to_buffer(batch.kept(), 0, &copy, 0, 4 * 40);
    let second = batch
        .encode(
            &mut encoder,
            Features::new(&buffer).rows(77),
            Keep::Ratio(0.1),
        )
        .unwrap();
    gpu.queue.submit([encoder.finish()]);
    assert_eq!((first, second), (40, 8));
    let options = Options::default();
    let alone = run(&data, COLUMNS, &options, Keep::Count(40)).kept;
    assert_eq!(support::read::<u32>(&copy, 40), alone);
    let alone = run(&data[..77 * COLUMNS], COLUMNS, &options, Keep::Count(8)).kept;
    assert_eq!(batch.read_kept(&gpu.queue, 8).unwrap(), alone);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let gpu = gpu();
    let data = Noise(16).features(257, COLUMNS);
    let buffer = upload(bytemuck::cast_slice(&data));
    for solver in Solver::ALL {
        let options = Options::default().solver(*solver);
        let shape = Shape {
            rows: 257,
            features: COLUMNS,
        };
        let mut batch = selector(&options).prepare(shape).unwrap();
        let mut bytes = || {
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            batch
                .encode(&mut encoder, Features::new(&buffer), Keep::Count(64))
                .unwrap();
            gpu.queue.submit([encoder.finish()]);
            let scores = batch.read_scores(&gpu.queue, 257).unwrap();
            let kept = batch.read_kept(&gpu.queue, 64).unwrap();
            (bytemuck::cast_slice::<f32, u8>(&scores).to_vec(), kept)
        };
        let first = bytes();
        let _other_work = run(
            &data[..100 * COLUMNS],
            COLUMNS,
            &Options::saln(),
            Keep::Count(9),
        );
        assert_eq!(first, bytes());
        assert_eq!(first, bytes());
    }
}

#[test]
fn seeds_decide_random_and_stratified_picks() {
    let buffer = upload(bytemuck::cast_slice(&Noise(17).features(200, COLUMNS)));
    for rule in [Rule::Random, Rule::Stratified] {
        let options = Options::default().rule(rule).seed(5);
        let shape = Shape {
            rows: 200,
            features: COLUMNS,
        };
        let mut batch = selector(&options).prepare(shape).unwrap();
        let mut with = |seed| {
            batch.reseed(seed);
            kept_of(&mut batch, Features::new(&buffer), Keep::Count(50))
        };
        let five = with(5);
        assert_ne!(five, with(6), "{rule}");
        assert_ne!(
            five,
            with(5 | 1 << 40),
            "{rule}: high bits of the seed count"
        );
        assert_eq!(five, with(5), "{rule}");
        assert!(
            five.windows(2).all(|p| p[0] < p[1]),
            "{rule}: ascending, no row twice"
        );
    }
}

/// What does not fit is refused by predicted bytes under WebGPU's default limits, and n up to
/// 4096 with d up to 2048 always fits them.
#[test]
fn default_limits_suffice_up_to_4096_rows() {
    let gpu = gpu();
    let request = gpu
        .adapter
        .request_device(&wgpu::DeviceDescriptor::default());
    let (device, _queue) = pollster::block_on(request).unwrap();
    let shape = Shape {
        rows: 4096,
        features: 2048,
    };
    let with = |path| {
        let options = Options::saln().path(path);
        Selector::new(&device, &options).unwrap()
    };
    for path in [Path::Auto, Path::LowRank, Path::Dense] {
        with(path).prepare(shape).unwrap();
    }
    let wide = Shape {
        rows: 300,
        features: 8,
    };
    let narrow = with(Path::Fused).prepare(wide).map(drop).unwrap_err();
    assert!(
        matches!(narrow, Error::DeviceTooSmall { needed: 512, .. }),
        "{narrow}"
    );
    let selector = with(Path::Dense);
    let predicted = selector.workspace_bytes(shape).unwrap();
    assert!((96 << 20..112 << 20).contains(&predicted), "{predicted}");
    let error = selector
        .prepare(Shape {
            rows: 6000,
            features: 64,
        })
        .unwrap_err();
    let Error::DeviceLimit {
        needed,
        limit,
        allowed,
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(limit, "max_storage_buffer_binding_size");
    assert_eq!((needed, allowed), (6016 * 6016 * 4, 128 << 20));
}

#[test]
fn names_are_read_back_as_written() {
    for rule in Rule::ALL {
        assert_eq!(rule.name().parse::<Rule>().unwrap(), *rule);
    }
    let error = "best".parse::<Rule>().unwrap_err().to_string();
    assert!(
        error.contains("'best'") && error.contains("quantile"),
        "{error}"
    );
}
