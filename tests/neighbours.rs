//! The most similar rows of every row: held to float64, in one span and in many, in every layout
//! of features, and on rows that have no direction.

mod support;

use gstds::{
    Dtype, Error, Features, NO_NEIGHBOUR, NeighbourLists, NeighbourOptions, Neighbours, Shape, twin,
};
use half::f16;
use support::{Noise, POISON, gpu, upload};

fn options(neighbours: u32, centred: bool) -> NeighbourOptions {
    NeighbourOptions::default()
        .neighbours(neighbours)
        .centred(centred)
}

fn poison(queue: &wgpu::Queue, search: &Neighbours) {
    for buffer in [search.rows(), search.similarities()] {
        let words = vec![POISON; buffer.size() as usize / 4];
        queue.write_buffer(buffer, 0, bytemuck::cast_slice(&words));
    }
}

fn search(data: &[f32], columns: usize, options: &NeighbourOptions) -> NeighbourLists {
    let rows = data.len() / columns;
    let bank = upload(bytemuck::cast_slice(data));
    search_in(Features::new(&bank), rows, columns, options)
}

fn search_in(
    features: Features<'_>,
    rows: usize,
    columns: usize,
    options: &NeighbourOptions,
) -> NeighbourLists {
    let shape = Shape {
        rows,
        features: columns,
    };
    let search = Neighbours::prepare(&gpu().device, shape, options).unwrap();
    poison(&gpu().queue, &search);
    gpu().queue.submit(search.record(features).unwrap());
    search.read(&gpu().queue, rows).unwrap()
}

/// That lists are the twin's: similarities everywhere, and rows where no other row is nearly as
/// similar.
fn assert_twin(found: &NeighbourLists, data: &[f32], columns: usize, options: &NeighbourOptions) {
    let count = options.neighbours as usize;
    // One more, which says whether the last neighbour is a near tie.
    let expected = twin::nearest_rows(data, columns, count + 1, options.centred);
    assert_eq!(found.rows.len(), expected.len() * count);
    let mut certain = 0;
    for (row, expected) in expected.iter().enumerate() {
        let of: Vec<_> = found.of(row).collect();
        assert_eq!(of.len(), expected.len().min(count), "row {row}");
        for (place, (other, similarity)) in of.iter().enumerate() {
            let wanted = expected[place];
            assert!(
                (f64::from(*similarity) - wanted.1).abs() < 2e-6,
                "row {row}: {of:?}"
            );
            let apart = |at: usize| {
                let other = expected.get(at);
                other.is_none_or(|other| (other.1 - wanted.1).abs() > 4e-6)
            };
            if (place == 0 || apart(place - 1)) && apart(place + 1) {
                assert_eq!(*other, wanted.0, "row {row}, place {place}");
                certain += 1;
            }
        }
        for place in of.len()..count {
            let at = row * count + place;
            assert_eq!(
                (found.rows[at], found.similarities[at]),
                (NO_NEIGHBOUR, 0.0)
            );
        }
    }
    assert!(
        certain * 10 > expected.len() * count.min(expected.len() - 1) * 9,
        "{certain} certain"
    );
}

#[test]
fn lists_are_the_twins() {
    let cases = [
        (Noise(1).features(300, 40), 40, options(15, false)),
        (Noise(2).features(300, 40), 40, options(40, true)),
        (Noise(3).signed(257, 33), 33, options(64, false)),
        (Noise(4).signed(64, 5), 5, options(1, true)),
        // Fewer rows than neighbours.
        (Noise(5).signed(9, 16), 16, options(64, false)),
    ];
    for (data, columns, options) in cases {
        assert_twin(&search(&data, columns, &options), &data, columns, &options);
    }
}

/// Rows far from zero and of any magnitude are centred as exactly as f32 holds them.
#[test]
fn centred_rows_may_have_any_magnitude() {
    for magnitude in [1e-30, 1.0, 1e15] {
        let mut data = Noise(6).features(200, 24);
        data.iter_mut().for_each(|x| *x *= magnitude);
        let options = options(10, true);
        assert_twin(&search(&data, 24, &options), &data, 24, &options);
    }
}

#[test]
fn identical_rows_tie_by_number_and_come_first() {
    let one = Noise(7).features(50, 32);
    let data = [&one[..], &one, &one].concat();
    for centred in [false, true] {
        let found = search(&data, 32, &options(3, centred));
        for row in 0..150u32 {
            let of: Vec<u32> = found.of(row as usize).map(|(other, _)| other).collect();
            let copies: Vec<u32> = (0..3)
                .map(|c| row % 50 + 50 * c)
                .filter(|o| *o != row)
                .collect();
            assert_eq!(of[..2], copies, "row {row}, centred {centred}");
        }
    }
}

#[test]
fn rows_without_a_direction_have_no_neighbours_and_are_nobodys() {
    let mut data = Noise(8).signed(80, 8);
    data[3 * 8..4 * 8].fill(0.0);
    data[10 * 8 + 2] = f32::NAN;
    data[79 * 8] = f32::INFINITY;
    for centred in [false, true] {
        let options = options(64, centred);
        let found = search(&data, 8, &options);
        assert_twin(&found, &data, 8, &options);
        for row in [3, 10, 79] {
            assert_eq!(found.of(row).count(), 0);
            assert!(!found.rows.contains(&(row as u32)));
        }
    }
    // All rows alike: each as similar as any other, or none with a direction once centred.
    let alike: Vec<f32> = (0..40).flat_map(|_| [1.0, 2.0, 4.0]).collect();
    let found = search(&alike, 3, &options(2, false));
    assert_eq!(
        found.of(0).map(|(other, _)| other).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(
        found.of(39).map(|(other, _)| other).collect::<Vec<_>>(),
        [0, 1]
    );
    let found = search(&alike, 3, &options(2, true));
    assert!(found.rows.iter().all(|row| *row == NO_NEIGHBOUR));
    assert!(
        found
            .similarities
            .iter()
            .all(|similarity| *similarity == 0.0)
    );
}

/// The same to the bit in one span of candidates and in several, from one binding and from several.
#[test]
fn spans_of_candidates_carry_lists_over() {
    let (rows, columns) = (1501, 96);
    let data = Noise(9).signed(rows, columns);
    let limits = wgpu::Limits {
        max_storage_buffer_binding_size: 1 << 18,
        ..wgpu::Limits::default()
    };
    let request = gpu().adapter.request_device(&wgpu::DeviceDescriptor {
        required_limits: limits.clone(),
        ..Default::default()
    });
    let (device, queue) = pollster::block_on(request).unwrap();
    let bank = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: size_of_val(&data[..]) as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    queue.write_buffer(&bank, 0, bytemuck::cast_slice(&data));
    let shape = Shape {
        rows,
        features: columns,
    };
    for centred in [false, true] {
        let options = options(20, centred);
        let whole = search(&data, columns, &options);
        let small = Neighbours::prepare(&device, shape, &options).unwrap();
        poison(&queue, &small);
        let parts = small.record(Features::new(&bank)).unwrap();
        // Three spans of 640 rows, of 64 rows a block.
        assert_eq!(parts.len(), 3 * 24, "centred {centred}");
        queue.submit(parts);
        let found = small.read(&queue, rows).unwrap();
        assert_eq!(found.rows, whole.rows, "centred {centred}");
        if !centred {
            assert_eq!(found.similarities, whole.similarities);
        }
    }
    let bytes = Neighbours::workspace_bytes(shape, &options(20, false), &limits).unwrap();
    assert!(
        bytes
            < Neighbours::workspace_bytes(shape, &options(20, false), &gpu().device.limits())
                .unwrap()
    );
}

/// One encoder instead of several command buffers, fewer rows than prepared for, and a second
/// search over the first one's buffers.
#[test]
fn a_search_is_repeated_on_fewer_rows() {
    let data = Noise(10).features(200, 16);
    let bank = upload(bytemuck::cast_slice(&data));
    let shape = Shape {
        rows: 200,
        features: 16,
    };
    let options = options(5, true);
    let search = Neighbours::prepare(&gpu().device, shape, &options).unwrap();
    for rows in [200, 70] {
        poison(&gpu().queue, &search);
        let mut encoder = gpu().device.create_command_encoder(&Default::default());
        search
            .encode(&mut encoder, Features::new(&bank).rows(rows))
            .unwrap();
        gpu().queue.submit([encoder.finish()]);
        let found = search.read(&gpu().queue, rows).unwrap();
        assert_twin(&found, &data[..rows * 16], 16, &options);
    }
}

#[test]
fn layouts_of_the_same_rows_find_the_same() {
    let (rows, columns) = (130, 21);
    let rounded: Vec<f32> = Noise(11)
        .signed(rows, columns)
        .iter()
        .map(|x| f16::from_f32(*x).to_f32())
        .collect();
    let options = options(12, true);
    let expected = search(&rounded, columns, &options);

    let halves: Vec<f16> = rounded.iter().map(|x| f16::from_f32(*x)).collect();
    // An odd number of halves ends within a word.
    let padded = [&halves[..], &[f16::ZERO; 2]].concat();
    let words = &bytemuck::cast_slice::<f16, u8>(&padded)[..(halves.len() * 2).next_multiple_of(4)];
    let bank = upload(words);
    let found = search_in(
        Features::new(&bank).dtype(Dtype::F16),
        rows,
        columns,
        &options,
    );
    assert_eq!(found, expected, "f16");

    let strided: Vec<f32> = rounded
        .chunks(columns)
        .flat_map(|row| row.iter().copied().chain([f32::NAN; 3]))
        .collect();
    let bank = upload(bytemuck::cast_slice(&strided));
    let found = search_in(
        Features::new(&bank).stride(columns + 3),
        rows,
        columns,
        &options,
    );
    assert_eq!(found, expected, "strided");

    // The rows backwards in the bank, and a list that turns them round.
    let bank: Vec<f32> = rounded.chunks(columns).rev().flatten().copied().collect();
    let list: Vec<u32> = (0..rows as u32).rev().collect();
    let (bank, list) = (
        upload(bytemuck::cast_slice(&bank)),
        upload(bytemuck::cast_slice(&list)),
    );
    let view = Features::new(&bank).picked_by(&list, 0, rows);
    assert_eq!(search_in(view, rows, columns, &options), expected, "listed");
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let device = &gpu().device;
    let prepare = |rows, features, neighbours| {
        Neighbours::prepare(
            device,
            Shape { rows, features },
            &options(neighbours, false),
        )
        .unwrap_err()
    };
    assert!(matches!(prepare(0, 8, 5), Error::EmptyShape { .. }));
    assert!(matches!(prepare(8, 0, 5), Error::EmptyShape { .. }));
    assert!(matches!(
        prepare((1 << 20) + 1, 8, 5),
        Error::TooManySearched { .. }
    ));
    assert!(matches!(prepare(8, 8, 0), Error::Neighbours { .. }));
    let error = prepare(8, 8, 65);
    assert_eq!(error.to_string(), "65 neighbours of a row: choose 1 to 64");
    let bank = upload(&[0; 64]);
    let shape = Shape {
        rows: 4,
        features: 8,
    };
    let search = Neighbours::prepare(device, shape, &options(2, false)).unwrap();
    let error = search.record(Features::new(&bank)).unwrap_err();
    assert!(matches!(error, Error::BufferTooShort { .. }), "{error}");
}
