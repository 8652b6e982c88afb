//! A selection in several command buffers: the same bits as in one.

mod support;

use gstds::{Features, Keep, Laplacian, Options, Path, Selector, Shape, work::SelectionWork};
use std::num::NonZeroU32;
use support::{Noise, gpu, poison, read, upload};

const SHAPE: Shape = Shape {
    rows: 150,
    features: 12,
};

fn words(buffer: &wgpu::Buffer) -> Vec<u32> {
    read(buffer, buffer.size() as usize / 4)
}

#[test]
fn parts_leave_what_one_recording_does() {
    let data = Noise(23).features(SHAPE.rows, SHAPE.features);
    let buffer = upload(bytemuck::cast_slice(&data));
    let (queue, view) = (&gpu().queue, Features::new(&buffer));
    for path in [Path::Fused, Path::Dense, Path::LowRank] {
        for laplacian in Laplacian::ALL {
            let mut options = Options::gstds();
            (options.path, options.laplacian) = (path, *laplacian);
            let selector = Selector::new(&gpu().device, &options).unwrap();
            let mut batch = selector.prepare(SHAPE).unwrap();
            for keep in [Keep::Count(40), Keep::Ratio(1.0)] {
                let mut encoder = gpu().device.create_command_encoder(&Default::default());
                let kept = batch.encode(&mut encoder, view, keep).unwrap();
                queue.submit([encoder.finish()]);
                let left = [batch.scores(), batch.kept(), batch.order(), batch.status()].map(words);
                for most in [1, 7, 10_000] {
                    poison(&batch);
                    let limit = NonZeroU32::new(most).unwrap();
                    let parts = batch.encode_parts(view, keep, limit).unwrap();
                    assert_eq!(parts.kept, kept);
                    if keep == Keep::Count(40) {
                        let count = batch.dispatches(SHAPE.rows).div_ceil(most);
                        assert_eq!(parts.commands.len(), count as usize, "{path} {most}");
                    }
                    for commands in parts.commands {
                        queue.submit([commands]);
                    }
                    let again =
                        [batch.scores(), batch.kept(), batch.order(), batch.status()].map(words);
                    assert_eq!(again, left, "{path} {laplacian} {keep:?} by {most}");
                }
            }
        }
    }
}

/// By predicted work: what is short stays whole, what a watchdog may end is cut.
#[test]
fn long_selections_are_cut() {
    let parts = |path, rows, features, laplacian| {
        let mut options = Options::gstds();
        options.laplacian = laplacian;
        let steps = options.solver_steps();
        SelectionWork::new(path, Shape { rows, features }, &options, steps).parts()
    };
    assert_eq!(parts(Path::Fused, 256, 512, Laplacian::Sym), 1);
    assert_eq!(parts(Path::Dense, 1024, 512, Laplacian::Un), 1);
    assert!(parts(Path::LowRank, 1 << 20, 2048, Laplacian::Sym) > 4);
    assert!(parts(Path::LowRank, 1 << 17, 512, Laplacian::Un) > 2);
    assert!(parts(Path::Dense, 32_768, 512, Laplacian::Sym) > 4);
}
