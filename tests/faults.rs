//! A device that is lost or has no memory left: typed errors, no panic, no call of the
//! application's error handler.

mod support;

use gstds::{
    Error, Features, GraphCall, Keep, Options, Path, Selector, Shape,
    adapter::{AdapterRequest, Gpu, open},
    profile::{selection_blocking, stages_blocking},
    select_blocking,
};
use support::Noise;

const SHAPE: Shape = Shape {
    rows: 96,
    features: 8,
};

fn own_device() -> Gpu {
    let gpu = open(&AdapterRequest::default()).expect("tests need a Vulkan, Metal or DX12 adapter");
    gpu.device.on_uncaptured_error(std::sync::Arc::new(|error| {
        eprintln!("reached the application: {error}");
        std::process::abort();
    }));
    gpu
}

fn features(gpu: &Gpu) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: (SHAPE.rows * SHAPE.features * 4) as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

#[test]
fn a_lost_device_is_an_error_everywhere() {
    for path in Path::ALL {
        let options = Options::default().path(*path);
        let gpu = own_device();
        let buffer = features(&gpu);
        let view = Features::new(&buffer);
        let keep = Keep::Count(5);
        let selector = Selector::new(&gpu.device, &options).unwrap();
        let mut batch = selector.prepare(SHAPE).unwrap();
        gpu.device.destroy();

        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let data = Noise(1).features(SHAPE.rows, SHAPE.features);
        let errors = [
            ("prepare", selector.prepare(SHAPE).map(drop)),
            ("encode", batch.encode(&mut encoder, view, keep).map(drop)),
            ("read_status", batch.read_status(&gpu.queue).map(drop)),
            ("read_kept", batch.read_kept(&gpu.queue, 5).map(drop)),
            (
                "stages_blocking",
                stages_blocking(&mut batch, &gpu.queue, view, keep).map(drop),
            ),
            (
                "selection_blocking",
                selection_blocking(&mut batch, &gpu.queue, view, keep).map(drop),
            ),
            (
                "select_blocking",
                select_blocking(&gpu.device, &gpu.queue, &options, &data, SHAPE, keep).map(drop),
            ),
        ];
        for (what, result) in errors {
            assert!(
                matches!(result, Err(Error::DeviceLost)),
                "{path} {what}: {result:?}"
            );
        }
    }
}

/// A call that creates nothing does not ask the device for anything; what reads its results does.
#[test]
fn a_device_lost_between_two_calls_is_found_by_the_readers() {
    for path in Path::ALL {
        let gpu = own_device();
        let (buffer, other) = (features(&gpu), features(&gpu));
        let (view, keep) = (Features::new(&buffer), Keep::Count(5));
        let selector = Selector::new(&gpu.device, &Options::default().path(*path)).unwrap();
        let mut batch = selector.prepare(SHAPE).unwrap();
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        batch.encode(&mut encoder, view, keep).unwrap();
        gpu.queue.submit([encoder.finish()]);
        gpu.device.destroy();

        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let again = batch.encode(&mut encoder, view, keep);
        assert!(matches!(again, Ok(5)), "{path} {again:?}");
        gpu.queue.submit([encoder.finish()]);
        let kept = batch.read_kept(&gpu.queue, 5);
        assert!(matches!(kept, Err(Error::DeviceLost)), "{path} {kept:?}");
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let with_other = batch.encode(&mut encoder, Features::new(&other), keep);
        assert!(
            matches!(with_other, Err(Error::DeviceLost)),
            "{path} {with_other:?}"
        );
    }
}

#[test]
fn a_lost_device_is_an_error_for_many_graphs_too() {
    let gpu = own_device();
    let buffer = features(&gpu);
    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    let mut many = selector.prepare_many(SHAPE, 2).unwrap();
    gpu.device.destroy();
    let call = GraphCall {
        rows: 48,
        keep: Keep::Count(5),
    };
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let view = Features::new(&buffer);
    let errors = [
        selector.prepare_many(SHAPE, 2).map(drop),
        many.encode(&mut encoder, view, &[call; 2]).map(drop),
        many.read_status(&gpu.queue, 2).map(drop),
        many.read_kept(&gpu.queue, &[5, 5]).map(drop),
    ];
    for result in errors {
        assert!(matches!(result, Err(Error::DeviceLost)), "{result:?}");
    }
}

/// A process with little address space, in which a software adapter runs out of memory; other
/// adapters have memory of their own.
#[cfg(unix)]
#[test]
fn memory_that_runs_out_is_an_error_with_the_predicted_bytes() {
    if !support::gpu().is_software() {
        println!("skipped: this adapter's memory is not the process's");
        return;
    }
    let limited = std::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -v 3000000 && exec \"$0\" --ignored --exact fills_memory",
        ])
        .arg(std::env::current_exe().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&limited.stdout);
    assert!(
        limited.status.success() && said.contains("1 passed"),
        "{said} {:?}",
        limited.status
    );
}

/// Whether the adapter grants more memory than there is, and fails when it is used: Mesa 25 does.
fn overcommits(gpu: &Gpu) -> bool {
    let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let buffer = |_| {
        gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 64 << 20,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        })
    };
    // Twice what the process may address.
    let held: Vec<_> = (0..96).map(buffer).collect();
    let refused = pollster::block_on(scope.pop());
    drop(held);
    refused.is_none()
}

#[test]
#[ignore = "fills the process's memory: run by the test above within a limit"]
fn fills_memory() {
    if overcommits(&own_device()) {
        println!("skipped: this adapter grants memory that there is not");
        return;
    }
    let gpu = own_device();
    let options = Options::default().path(Path::Dense);
    let selector = Selector::new(&gpu.device, &options).unwrap();
    let shape = Shape {
        // Its largest buffer is 127 MiB: once that is refused, drivers have room for their own needs.
        rows: 5760,
        features: 64,
    };
    let predicted = selector.workspace_bytes(shape).unwrap();
    let mut held = Vec::new();
    let refused = loop {
        match selector.prepare(shape) {
            Ok(batch) => held.push(batch),
            Err(error) => break error,
        }
        assert!(held.len() < 100, "memory never ran out");
    };
    assert!(
        matches!(refused, Error::OutOfMemory { bytes } if bytes == Some(predicted)),
        "{refused}"
    );
}
