//! Many graphs in one submission: what each comes out as alone, to the bit.

mod support;

use bytemuck::bytes_of;
use gstds::{
    Affinity, Error, Features, GraphBatch, GraphCall, Keep, Laplacian, MAX_GRAPHS, Options, Path,
    Rule, Selector, Shape, Solver, Status,
};
use support::{Noise, POISON, gpu, read, run_on, upload};

const COLUMNS: usize = 24;

/// Ragged sizes around the tile edges, with all, few and most rows kept.
fn calls() -> Vec<GraphCall> {
    let sizes = [
        (100, 25),
        (64, 64),
        (1, 1),
        (65, 1),
        (2, 1),
        (3, 2),
        (128, 127),
        (33, 8),
        (120, 30),
    ];
    let call = |(rows, count)| GraphCall {
        rows,
        keep: Keep::Count(count),
    };
    sizes.into_iter().map(call).collect()
}

const LARGEST: Shape = Shape {
    rows: 128,
    features: COLUMNS,
};

fn total(calls: &[GraphCall]) -> usize {
    calls.iter().map(|call| call.rows).sum()
}

/// Rows of every graph, some of them dirty, one graph all alike.
fn features(calls: &[GraphCall]) -> Vec<f32> {
    let mut data = Noise(31).signed(total(calls), COLUMNS);
    data[7 * COLUMNS..8 * COLUMNS].fill(0.0);
    data[40 * COLUMNS] = f32::NAN;
    let alike = total(&calls[..7]) * COLUMNS;
    data[alike..alike + 33 * COLUMNS].fill(0.5);
    data
}

fn poison(many: &GraphBatch) {
    for (_, buffer) in many.buffers() {
        let words = vec![POISON; buffer.size() as usize / 4];
        let bytes = bytemuck::cast_slice(&words);
        gpu().queue.write_buffer(buffer, 0, bytes);
    }
}

/// Records and submits one call on poisoned buffers.
fn select(many: &mut GraphBatch, features: Features<'_>, calls: &[GraphCall]) -> Vec<usize> {
    poison(many);
    let gpu = gpu();
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let counts = many.encode(&mut encoder, features, calls).unwrap();
    gpu.queue.submit([encoder.finish()]);
    counts
}

/// Kept rows, statuses and scores of every graph against a selection in it alone.
fn assert_as_alone(selector: &Selector, many: &GraphBatch, data: &[f32], calls: &[GraphCall]) {
    let gpu = gpu();
    let counts: Vec<usize> = calls.iter().map(|c| c.keep.of(c.rows).unwrap()).collect();
    let kept = many.read_kept(&gpu.queue, &counts).unwrap();
    let statuses: Vec<Status> = read(many.status(), calls.len());
    let scores: Vec<u32> = read(many.scores(), calls.len() * many.stride());
    let rows: Vec<usize> = calls.iter().map(|call| call.rows).collect();
    let read_scores = many.read_scores(&gpu.queue, &rows).unwrap();
    let mut first = 0;
    for (graph, call) in calls.iter().enumerate() {
        let rows = &data[first * COLUMNS..(first + call.rows) * COLUMNS];
        first += call.rows;
        let buffer = upload(bytemuck::cast_slice(rows));
        let shape = Shape {
            rows: call.rows,
            features: COLUMNS,
        };
        let batch = selector.prepare(shape).unwrap();
        let alone = run_on(batch, Features::new(&buffer), call.rows, call.keep);
        let label = format!("graph {graph} of {} rows", call.rows);
        assert_eq!(kept[graph], alone.kept, "{label}");
        assert_eq!(
            bytes_of(&statuses[graph]),
            bytes_of(&alone.status),
            "{label}"
        );
        let at = graph * many.stride();
        let expected: Vec<u32> = alone.buffer("scores", call.rows);
        assert_eq!(scores[at..at + call.rows], expected, "{label}");
        let bits: Vec<u32> = read_scores[graph]
            .iter()
            .map(|score| score.to_bits())
            .collect();
        assert_eq!(bits, expected, "{label}");
    }
}

#[test]
fn each_graph_is_selected_in_as_if_alone() {
    let calls = calls();
    let data = features(&calls);
    let buffer = upload(bytemuck::cast_slice(&data));
    for rule in [Rule::Quantile, Rule::Stratified, Rule::Random] {
        for laplacian in Laplacian::ALL {
            let options = Options::default()
                .laplacian(*laplacian)
                .rule(rule)
                .seed(77)
                .path(Path::Fused);
            let selector = Selector::new(&gpu().device, &options).unwrap();
            let mut many = selector.prepare_many(LARGEST, calls.len() + 2).unwrap();
            let counts = select(&mut many, Features::new(&buffer), &calls);
            assert_eq!(counts, [25, 64, 1, 1, 1, 2, 127, 8, 30]);
            assert_as_alone(&selector, &many, &data, &calls);
        }
    }
}

#[test]
fn a_workspace_takes_other_calls_and_lists_of_bank_rows() {
    let calls = calls();
    let data = features(&calls);
    let selector = Selector::new(&gpu().device, &Options::default()).unwrap();
    let mut many = selector.prepare_many(LARGEST, calls.len()).unwrap();
    let buffer = upload(bytemuck::cast_slice(&data));
    select(&mut many, Features::new(&buffer), &calls);
    // Fewer graphs, in reverse, through a list, with another share kept.
    let rows = total(&calls);
    let list: Vec<u32> = (0..rows as u32).rev().collect();
    let list_buffer = upload(bytemuck::cast_slice(&list));
    let fewer: Vec<GraphCall> = calls[..6]
        .iter()
        .map(|call| GraphCall {
            rows: call.rows,
            keep: Keep::Ratio(0.3),
        })
        .collect();
    let view = Features::new(&buffer).picked_by(&list_buffer, 0, rows);
    select(&mut many, view, &fewer);
    let gathered: Vec<f32> = list
        .iter()
        .flat_map(|&row| data[row as usize * COLUMNS..][..COLUMNS].to_vec())
        .collect();
    assert_as_alone(&selector, &many, &gathered, &fewer);
}

#[test]
fn what_cannot_be_selected_in_is_a_typed_error() {
    let gpu = gpu();
    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    for graphs in [0, MAX_GRAPHS + 1] {
        let error = selector.prepare_many(LARGEST, graphs).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Graphs {
                    limit: MAX_GRAPHS,
                    ..
                }
            ),
            "{error}"
        );
    }
    let larger = Shape {
        rows: 513,
        features: COLUMNS,
    };
    let error = selector.prepare_many(larger, 2).unwrap_err();
    assert!(
        matches!(error, Error::PathTakes { what: "rows", .. }),
        "{error}"
    );
    let wide = Shape {
        rows: 256,
        features: COLUMNS,
    };
    let error = selector.prepare_many(wide, MAX_GRAPHS).unwrap_err();
    assert!(matches!(error, Error::DeviceLimit { .. }), "{error}");
    let power = Options::default().solver(Solver::Power);
    let error = Selector::new(&gpu.device, &power)
        .unwrap()
        .prepare_many(LARGEST, 2)
        .unwrap_err();
    assert!(
        matches!(error, Error::PathTakes { what: "solver", .. }),
        "{error}"
    );

    let mut many = selector.prepare_many(LARGEST, 3).unwrap();
    let buffer = upload(bytemuck::cast_slice(&vec![1.0f32; 100 * COLUMNS]));
    let mut refused = |calls: &[(usize, usize)]| {
        let calls: Vec<GraphCall> = calls
            .iter()
            .map(|&(rows, count)| GraphCall {
                rows,
                keep: Keep::Count(count),
            })
            .collect();
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        many.encode(&mut encoder, Features::new(&buffer), &calls)
            .unwrap_err()
    };
    assert!(matches!(
        refused(&[]),
        Error::Graphs {
            graphs: 0,
            limit: 3
        }
    ));
    let four = [(2, 1); 4];
    assert!(matches!(refused(&four), Error::Graphs { graphs: 4, .. }));
    let none = [(2, 1), (0, 1)];
    assert!(matches!(refused(&none), Error::EmptyShape { rows: 0, .. }));
    let large = [(129, 1)];
    assert!(matches!(
        refused(&large),
        Error::RowsBeyondShape {
            rows: 129,
            prepared: 128
        }
    ));
    assert!(matches!(refused(&[(9, 0)]), Error::NothingKept { rows: 9 }));
    let beyond = [(60, 1), (41, 1)];
    assert!(matches!(refused(&beyond), Error::BufferTooShort { .. }));
}

#[test]
fn rows_of_the_features_are_those_of_all_calls() {
    let selector = Selector::new(&gpu().device, &Options::default()).unwrap();
    let mut many = selector.prepare_many(LARGEST, 2).unwrap();
    let buffer = upload(bytemuck::cast_slice(&Noise(5).features(100, COLUMNS)));
    let calls = [30, 20].map(|rows| GraphCall {
        rows,
        keep: Keep::Count(4),
    });
    let mut with = |rows| {
        let mut encoder = gpu().device.create_command_encoder(&Default::default());
        many.encode(&mut encoder, Features::new(&buffer).rows(rows), &calls)
    };
    assert_eq!(with(50).unwrap(), [4, 4]);
    let refused = with(30).unwrap_err();
    assert!(matches!(
        refused,
        Error::RowsOfGraphs {
            given: 30,
            called: 50
        }
    ));
}

#[test]
fn errors_of_the_features_come_per_graph() {
    let raw = Options::default().affinity(Affinity::Raw).path(Path::Dense);
    let selector = Selector::new(&gpu().device, &raw).unwrap();
    let shape = Shape {
        rows: 6,
        features: 2,
    };
    let mut many = selector.prepare_many(shape, 2).unwrap();
    let opposed = [
        1.0f32, 0.0, -1.0, 0.1, -1.0, -0.1, -1.0, 0.05, -0.9, 0.2, -0.8, 0.0,
    ];
    let plain = [
        1.0f32, 0.1, 1.0, 0.2, 1.0, 0.3, 1.0, 0.4, 1.0, 0.5, 1.0, 0.6,
    ];
    let buffer = upload(bytemuck::cast_slice(&[plain, opposed].concat()));
    let call = GraphCall {
        rows: 6,
        keep: Keep::Count(2),
    };
    select(&mut many, Features::new(&buffer), &[call; 2]);
    let statuses = many.read_status(&gpu().queue, 2).unwrap();
    assert!(statuses[0].is_ok());
    assert!(matches!(statuses[1], Err(Error::NonPositiveDegree { .. })));
}
