//! Pieces cover a grid, and what is cut leaves the same bytes as what is whole.

use super::*;
use crate::{
    Affinity, Batch, Features, Flags, GraphBatch, GraphCall, Keep, Laplacian, Options, Path, Shape,
    Storage,
    adapter::{AdapterRequest, Gpu, open},
    kernel::Pipelines,
    path_choice::Processor,
    transfer,
    workspace::WorkspaceSizes,
};
use std::{
    num::NonZeroU32,
    sync::{Arc, OnceLock},
};

const SHAPE: Shape = Shape {
    rows: 300,
    features: 20,
};
/// Work of a tile of similarities of that shape.
const OF_TILE: u64 = WORK_OF_A_TILE * 32;

fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        open(&AdapterRequest::default()).expect("tests need a Vulkan, Metal or DX12 adapter")
    })
}

/// Rows whose similarities are positive, with entries of both signs, and a last row that is opposite
/// to all others where asked for.
fn data(rows: usize, opposite: bool) -> Vec<f32> {
    let entry = |at: usize| {
        let (row, column) = (at / SHAPE.features, at % SHAPE.features);
        let value = ((row * 7919 + column * 104_729 + row * column * 31) % 997) as f32 / 997.0;
        let value = if column == 0 {
            value - 0.5
        } else {
            value + 0.2
        };
        if opposite && row + 1 == rows {
            -value
        } else {
            value
        }
    };
    (0..rows * SHAPE.features).map(entry).collect()
}

fn upload(data: &[f32]) -> wgpu::Buffer {
    transfer::upload(&gpu().device, &gpu().queue, "features", data).unwrap()
}

/// Every word of every buffer.
fn words(buffers: &[(&'static str, &wgpu::Buffer)]) -> Vec<(&'static str, Vec<u32>)> {
    let Gpu { device, queue, .. } = gpu();
    let read = |&(name, buffer): &(&'static str, &wgpu::Buffer)| {
        let count = buffer.size() as usize / 4;
        let read = transfer::read_back(device, queue, name, buffer, count);
        (name, transfer::wait(device, name, read).unwrap())
    };
    buffers.iter().map(read).collect()
}

fn poison(buffers: &[(&'static str, &wgpu::Buffer)]) {
    for (_, buffer) in buffers {
        let words = vec![0xffff_fff0_u32; buffer.size() as usize / 4];
        gpu()
            .queue
            .write_buffer(buffer, 0, bytemuck::cast_slice(&words));
    }
}

fn batch(options: &Options, piece_work: u64) -> Batch {
    let device = &gpu().device;
    let mut sizes = WorkspaceSizes::on(Processor::of(device), SHAPE, options).unwrap();
    sizes.piece_work = piece_work;
    let pipelines = Pipelines::new(device, options, None);
    pollster::block_on(Batch::new(Arc::new(pipelines), sizes)).unwrap()
}

/// What a selection leaves in poisoned buffers, and its command buffers.
fn selected(batch: &mut Batch, data: &[f32]) -> (Vec<(&'static str, Vec<u32>)>, usize) {
    poison(&batch.buffers());
    let features = upload(data);
    let view = Features::new(&features).rows(data.len() / SHAPE.features);
    let most = NonZeroU32::new(10_000).unwrap();
    let parts = batch.encode_parts(view, Keep::Count(40), most).unwrap();
    let count = parts.commands.len();
    for commands in parts.commands {
        gpu().queue.submit([commands]);
    }
    (words(&batch.buffers()), count)
}

fn options() -> Vec<Options> {
    let on = |path| Options::default().path(path);
    vec![
        on(Path::Dense),
        on(Path::Dense).storage(Storage::Half),
        on(Path::Dense).affinity(Affinity::Exp),
        on(Path::LowRank),
        on(Path::LowRank).laplacian(Laplacian::Un),
        on(Path::Fused),
    ]
}

#[test]
fn cut_selections_leave_what_whole_ones_do() {
    for options in options() {
        let mut whole = batch(&options, PIECE_WORK);
        for most in [1, 2 * OF_TILE, 9 * OF_TILE] {
            let mut cut = batch(&options, most);
            let label = format!("{options:?} by {most}");
            assert!(
                cut.dispatches(SHAPE.rows) > whole.dispatches(SHAPE.rows),
                "{label}"
            );
            for (rows, opposite) in [(300, false), (300, true), (150, true), (40, false)] {
                let data = data(rows, opposite);
                let (expected, one) = selected(&mut whole, &data);
                let (found, several) = selected(&mut cut, &data);
                assert_eq!(one, 1, "{label}");
                assert!(several > 1 || rows < 300, "{label}");
                assert!(found == expected, "{label}: {rows} rows");
                let shifted = cut.read_status(&gpu().queue).unwrap().flags();
                let shifted = shifted.contains(Flags::SHIFTED);
                let looks = options.affinity == Affinity::Auto;
                assert_eq!(shifted, looks && opposite, "{label}: {rows} rows");
            }
        }
    }
}

#[test]
fn cut_graphs_leave_what_whole_ones_do() {
    const GRAPHS: usize = 9;
    let options = Options::default();
    let shape = Shape { rows: 70, ..SHAPE };
    let many = |piece_work| {
        let mut sizes = WorkspaceSizes::many(Processor::Software, shape, GRAPHS, &options).unwrap();
        sizes.piece_work = piece_work;
        let pipelines = Pipelines::new(&gpu().device, &options, None);
        pollster::block_on(GraphBatch::new(Arc::new(pipelines), sizes)).unwrap()
    };
    let left_by = |many: &mut GraphBatch, graphs: usize, in_parts: bool| {
        poison(&many.buffers());
        let call = |graph: usize| GraphCall {
            rows: 62 + graph,
            keep: Keep::Count(5 + graph),
        };
        let calls: Vec<_> = (0..graphs).map(call).collect();
        let rows = calls.iter().map(|call| call.rows).sum();
        let features = upload(&data(rows, true));
        let view = Features::new(&features);
        if in_parts {
            let parts = many.encode_parts(view, &calls).unwrap();
            assert_eq!(parts.kept.len(), graphs);
            let count = parts.commands.len();
            for commands in parts.commands {
                gpu().queue.submit([commands]);
            }
            return (words(&many.buffers()), count);
        }
        let mut encoder = gpu().device.create_command_encoder(&Default::default());
        many.encode(&mut encoder, view, &calls).unwrap();
        gpu().queue.submit([encoder.finish()]);
        (words(&many.buffers()), 1)
    };
    let mut whole = many(PIECE_WORK);
    // Pieces of one graph, of some similarities, and of some solves.
    for most in [1, 7 * OF_TILE, 1 << 25] {
        let mut cut = many(most);
        for graphs in [GRAPHS, 4, 1] {
            let (expected, _) = left_by(&mut whole, graphs, false);
            let (whole_too, one) = left_by(&mut whole, graphs, true);
            let (found, _) = left_by(&mut cut, graphs, false);
            let (in_parts, several) = left_by(&mut cut, graphs, true);
            assert!(found == expected, "{graphs} by {most}");
            assert!(whole_too == expected && in_parts == expected, "{graphs}");
            assert!(one == 1 && (several > 1 || graphs == 1), "{graphs}");
        }
    }
}

/// How often each workgroup of a grid is taken by pieces.
fn taken(pieces: &[Piece], grid: [u32; 3]) -> Vec<u32> {
    let [width, height, depth] = grid;
    let mut counts = vec![0; (width * height * depth) as usize];
    for piece in pieces {
        let [x, y, z] = piece.first;
        let Some([w, h, d]) = piece.within(grid) else {
            continue;
        };
        for at in 0..w * h * d {
            let (i, j, k) = (x + at % w, y + at / w % h, z + at / (w * h));
            counts[(i + width * (j + height * k)) as usize] += 1;
        }
    }
    counts
}

#[test]
fn what_is_little_enough_is_whole() {
    assert_eq!(Piece::along(0, 10, 7, 70), [Piece::WHOLE]);
    assert_eq!(Piece::above_diagonal(4, 7, 70), [Piece::WHOLE]);
    assert!(Piece::above_diagonal(4, 7, 69).len() > 1);
}

#[test]
fn pieces_along_an_axis_take_each_workgroup_once() {
    for (count, work, most) in [(10, 7, 69), (10, 7, 1), (100, 3, 50)] {
        let pieces = Piece::along(2, count, work, most);
        for graphs in [1, 5, count as u32] {
            let counts = taken(&pieces, [3, 3, graphs]);
            assert!(counts.iter().all(|taken| *taken == 1), "{pieces:?}");
        }
        let within = pieces.iter().filter_map(|p| p.within([1, 1, count as u32]));
        for [.., along] in within {
            assert!(along == 1 || u64::from(along) * work <= most);
        }
    }
}

#[test]
fn pieces_above_the_diagonal_take_each_of_its_tiles_once() {
    for (tiles, work, most) in [(9, 10, 100), (9, 10, 30), (9, 10, 1), (64, 1, 500)] {
        let pieces = Piece::above_diagonal(tiles, work, most);
        for called in [1, 4, tiles as u32] {
            let counts = taken(&pieces, [called, called, 2]);
            for (at, &count) in counts.iter().enumerate() {
                let (x, y) = (at as u32 % called, at as u32 / called % called);
                let expected = if x <= y { 1..=1 } else { 0..=1 };
                assert!(expected.contains(&count), "tile {x} {y}: {count}");
            }
        }
        for [w, h, _] in pieces.iter().filter_map(|p| p.within([tiles as u32; 3])) {
            let of_piece = u64::from(w * h) * work;
            assert!(of_piece <= most || w * h == 1, "{of_piece}");
        }
    }
}
