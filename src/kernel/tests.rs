//! Every kernel compiled, and what selections dispatch, each with a line on stderr: `cargo xtask
//! isa` runs this on a driver that prints what it compiles, and summarises both.

use super::{Pipelines, SHADERS, Shader};
use crate::{
    Affinity, Batch, Coverage, CoverageOptions, CoverageRule, Error, Features, GramSchmidt,
    GraphCall, Keep, Laplacian, MatrixKind, NeighbourOptions, Neighbours, Options, Path, Result,
    Selector, Shape, Solver, Stage, Storage, adapter,
    features::Dtype,
    fiedler::delayed::{self, DelayedSteps},
    path_choice::{Processor, steps},
    work::{SelectionWork, Work},
    workspace::WorkspaceSizes,
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

const FEATURES: usize = 512;
const KEEP: Keep = Keep::Ratio(0.25);

/// Names of the shaders compiled so far.
static COMPILED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Says which pipeline is compiled next, and with which constants.
pub(super) fn compiling(shader: &Shader, label: &str, constants: &[(&str, f64)]) {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled.insert(shader.name);
    let constants: Vec<_> = constants.iter().map(|(n, v)| format!("{n}={v}")).collect();
    eprintln!("@gstds pipeline {label} | {}", constants.join(" "));
}

/// How many dispatches wgpu recorded so far.
static DISPATCHES: AtomicU32 = AtomicU32::new(0);

/// Says what wgpu records: kernels by the labels of their bind groups, and their workgroups.
struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("wgpu_core::command")
    }

    fn log(&self, record: &log::Record<'_>) {
        let message = record.args().to_string();
        if message.starts_with("Pass::set_bind_group 0 ") {
            let label = message.split('\'').nth(1).expect("bind groups have labels");
            eprintln!("@gstds bound {label}");
        } else if let Some(groups) = message.strip_prefix("ComputePass::dispatch ") {
            DISPATCHES.fetch_add(1, Ordering::Relaxed);
            eprintln!("@gstds dispatch {}", groups.replace(['[', ']', ','], ""));
        }
    }

    fn flush(&self) {}
}

/// What is compiled: the preset with few rows and with many, then options for the rest.
fn cases() -> Vec<(&'static str, Options, &'static [usize])> {
    let with = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        options
    };
    let twice = |change: fn(&mut Options)| with(change).gram_schmidt(GramSchmidt::Twice);
    let few = &[1024];
    let most = &[256, 512, 1024, 2048, 4096];
    vec![
        (
            "preset",
            Options::default(),
            &[256, 512, 1024, 2048, 4096, 8192],
        ),
        ("un", with(|o| o.laplacian = Laplacian::Un), &[1024, 8192]),
        ("preset, twice", twice(|_| ()), most),
        ("un, twice", twice(|o| o.laplacian = Laplacian::Un), few),
        // Dense selections as an integrated GPU takes them.
        ("preset, integrated", Options::default(), most),
        ("un, integrated", with(|o| o.laplacian = Laplacian::Un), few),
        ("half", with(|o| o.storage = Storage::Half), &[1024, 2048]),
        ("half, twice", twice(|o| o.storage = Storage::Half), few),
        ("vectors", with(|o| o.vectors = 3), few),
        (
            "half, vectors",
            with(|o| (o.storage, o.vectors) = (Storage::Half, 3)),
            few,
        ),
        ("vectors, twice", twice(|o| o.vectors = 3), few),
        ("exp", with(|o| o.affinity = Affinity::Exp), few),
        ("knn", with(|o| o.affinity = Affinity::Knn), few),
        ("power", with(|o| o.solver = Solver::Power), few),
    ]
}

/// A new buffer for this many rows.
fn feature_buffer(device: &wgpu::Device, rows: usize, dtype: Dtype) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: (rows * FEATURES) as u64 * dtype.bytes(),
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    })
}

/// What a path does not take is nothing to compile.
fn unless_refused<T>(made: Result<T>) -> Result<Option<T>> {
    match made {
        Err(Error::PathTakes { .. }) => Ok(None),
        other => other.map(Some),
    }
}

fn shape(rows: usize) -> Shape {
    Shape {
        rows,
        features: FEATURES,
    }
}

/// Records a selection of each size on every path that takes it, of f32 and of f16.
fn compile(device: &wgpu::Device, name: &str, options: &Options, sizes: &[usize]) -> Result<()> {
    let is_integrated = name.ends_with("integrated");
    // Of the others nothing depends on that, nor on how Gram-Schmidt is done.
    let paths = match options.gram_schmidt {
        GramSchmidt::Auto if !is_integrated => &[Path::Fused, Path::Dense, Path::LowRank][..],
        _ => &[Path::Dense],
    };
    for &path in paths {
        let of_path = Options {
            path,
            ..options.clone()
        };
        let selector = Selector::new(device, &of_path)?;
        for &rows in sizes {
            let batch = match is_integrated {
                true => integrated(device, &of_path, shape(rows)),
                false => selector.prepare(shape(rows)),
            };
            if let Some(mut batch) = unless_refused(batch)? {
                record(&mut batch, Dtype::F16)?;
                record(&mut batch, Dtype::F32)?;
            }
        }
    }
    Ok(())
}

/// A batch as it is on an integrated GPU.
fn integrated(device: &wgpu::Device, options: &Options, shape: Shape) -> Result<Batch> {
    let sizes = WorkspaceSizes::on(Processor::Integrated, shape, options)?;
    let pipelines = Pipelines::new(device, options, None);
    pollster::block_on(Batch::new(Arc::new(pipelines), sizes))
}

/// Multiply-adds and bytes that the workgroups of dispatches of a whole step repeat: each goes
/// through the whole basis, of j vectors in step j, whose words serve two multiply-adds.
fn repeated(rows: usize, teams: u32, steps: u32) -> Work {
    let groups = u64::from(delayed::workgroups(rows as u32, teams));
    let of_step = |j: u64| 2 * j * rows as u64 * groups;
    let multiply_adds = (1..=u64::from(steps) + 1).map(of_step).sum();
    Work {
        multiply_adds,
        bytes: 2 * multiply_adds,
    }
}

/// Records one selection a stage at a time, and says what it is and what it has to do at least.
fn record(batch: &mut Batch, dtype: Dtype) -> Result<()> {
    let device = &batch.device().clone();
    let (path, Shape { rows, features }) = (batch.path(), batch.shape());
    let auto = batch.options().clone().path(Path::Auto);
    let auto = auto.path_for(batch.shape())?;
    let (recorded, done) = (batch.options().solver_steps(), steps(batch.options()));
    let work = SelectionWork::new(path, batch.shape(), batch.options(), done);
    let (busy, serial, repeated) = match batch.binder().workspace.sizes.delayed_teams {
        Some(teams) => (
            DelayedSteps::dispatches(done),
            Work::default(),
            repeated(rows, teams, done),
        ),
        None => (done, work.serial(), Work::default()),
    };
    let sizes = format!("{rows} {features} {recorded} {busy}");
    eprintln!("@gstds selection {path} {sizes} {dtype:?} {auto}");
    eprintln!("@gstds serial {} {}", serial.multiply_adds, serial.bytes);
    let buffer = feature_buffer(device, rows, dtype);
    let mut encoder = device.create_command_encoder(&Default::default());
    let bound = Features::new(&buffer).dtype(dtype);
    let call = batch.begin(&mut encoder, bound, KEEP)?;
    let before = DISPATCHES.load(Ordering::Relaxed);
    for (stage, work) in work.stages() {
        let more = [repeated].into_iter().filter(|_| stage == Stage::Fiedler);
        let work: Work = more.chain([work]).sum();
        eprintln!("@gstds stage {stage} {} {}", work.multiply_adds, work.bytes);
        let mut pass = encoder.begin_compute_pass(&Default::default());
        batch.record(stage, &mut pass, &call);
        drop(pass);
        // wgpu goes through a pass when its encoder ends.
        encoder.finish();
        encoder = device.create_command_encoder(&Default::default());
    }
    let count = DISPATCHES.load(Ordering::Relaxed) - before;
    assert_eq!(count, batch.dispatches(rows), "{path} {rows}");
    eprintln!("@gstds end");
    Ok(())
}

/// Records selections in two graphs of as many rows as a workgroup of each width takes.
fn compile_many(device: &wgpu::Device) -> Result<()> {
    let selector = Selector::new(device, &Options::default())?;
    for rows in [256, 512] {
        let mut many = selector.prepare_many(shape(rows), 2)?;
        let buffer = feature_buffer(device, 2 * rows, Dtype::F32);
        let call = GraphCall { rows, keep: KEEP };
        let mut encoder = device.create_command_encoder(&Default::default());
        many.encode(&mut encoder, Features::new(&buffer), &[call; 2])?;
    }
    Ok(())
}

/// Records searches for neighbours among rows as they are and among centred ones.
fn compile_neighbours(device: &wgpu::Device) -> Result<()> {
    for centred in [false, true] {
        let options = NeighbourOptions::default().centred(centred);
        let search = Neighbours::prepare(device, shape(1024), &options)?;
        for dtype in [Dtype::F32, Dtype::F16] {
            let buffer = feature_buffer(device, 1024, dtype);
            search.record(Features::new(&buffer).dtype(dtype))?;
        }
    }
    Ok(())
}

/// Records choices of a few rows by every rule, with similarities stored and without.
fn compile_coverage(device: &wgpu::Device, narrow: &wgpu::Device) -> Result<()> {
    for rule in CoverageRule::ALL {
        let options = CoverageOptions::new(*rule).vectors(8);
        for device in [device, narrow] {
            let mut coverage = Coverage::prepare(device, shape(1024), 8, &options)?;
            for dtype in [Dtype::F32, Dtype::F16] {
                let buffer = feature_buffer(device, 1024, dtype);
                coverage.record(Features::new(&buffer).dtype(dtype), 8, &[])?;
            }
        }
    }
    Ok(())
}

/// Prepares selections on matrices, which compiles their kernels.
fn compile_matrices(device: &wgpu::Device) -> Result<()> {
    for storage in [Storage::Full, Storage::Half] {
        let selector = Selector::new(device, &Options::default().storage(storage))?;
        for kind in [MatrixKind::Similarity, MatrixKind::Affinity] {
            selector.prepare_matrix(kind, 1024)?;
        }
    }
    Ok(())
}

/// Training's kernels, which are another crate's, where its folder is there.
fn compile_images(device: &wgpu::Device) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/gstds-train/shaders");
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().display().to_string();
        let source = wgpu::ShaderSource::Wgsl(std::fs::read_to_string(&path).unwrap().into());
        let label = Some(name.as_str());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
        eprintln!("@gstds pipeline {name} |");
        let _ = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
    }
}

#[test]
#[ignore = "for cargo xtask isa, which reads what it prints"]
fn every_permutation_is_compiled() {
    // Said first: with another driver than the one wanted, the rest is not waited for.
    let info = &adapter::list(adapter::NATIVE)[0];
    eprintln!("@gstds adapter {} | {}", info.name, info.driver_info);
    let gpu = adapter::open(&adapter::AdapterRequest::default()).unwrap();
    log::set_logger(&Recorder).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    compile_images(&gpu.device);
    let with_all = gpu.device.features();
    for features in [with_all, with_all - wgpu::Features::SUBGROUP] {
        let request = gpu.adapter.request_device(&wgpu::DeviceDescriptor {
            required_features: features,
            required_limits: gpu.adapter.limits(),
            ..Default::default()
        });
        let (device, _queue) = pollster::block_on(request).unwrap();
        for (name, options, sizes) in cases() {
            eprintln!("@gstds options {name}");
            compile(&device, name, &options, sizes).unwrap();
        }
        compile_many(&device).unwrap();
        eprintln!("@gstds options neighbours");
        compile_neighbours(&device).unwrap();
        eprintln!("@gstds options coverage");
        let request = gpu.adapter.request_device(&wgpu::DeviceDescriptor {
            required_features: features,
            required_limits: wgpu::Limits {
                // No room for the similarities of 1,024 rows, so they are computed by tiles.
                max_storage_buffer_binding_size: 3 << 20,
                ..gpu.adapter.limits()
            },
            ..Default::default()
        });
        let (narrow, _queue) = pollster::block_on(request).unwrap();
        compile_coverage(&device, &narrow).unwrap();
        eprintln!("@gstds options matrices");
        compile_matrices(&device).unwrap();
    }
    assert!(with_all.contains(wgpu::Features::SUBGROUP));
    let compiled = COMPILED.lock().unwrap().clone();
    let left_out = SHADERS.iter().filter(|s| !compiled.contains(s.name));
    let left_out: Vec<_> = left_out.map(|s| s.name).collect();
    // Many graphs are held in f32 alone.
    assert_eq!(left_out, ["normalize+half+many"]);
}
