//! Batches beyond what every row can be compared with every other in: sorted by radix, chosen from
//! by many workgroups, the same on every run.

mod support;

use gstds::{
    Features, Flags, Keep, Options, Order, Rule, Selector, Shape,
    twin::{self, Mode},
};
use support::{Noise, Run, gpu, run, run_on, upload};

/// Rows whose features cannot be scaled to unit norm, one in some hundred.
fn spoil(data: &mut [f32], columns: usize) {
    for (number, row) in data.chunks_mut(columns).enumerate() {
        match number % 389 {
            7 => row.fill(0.0),
            11 => row[columns - 1] = f32::NAN,
            13 => row[0] = f32::NEG_INFINITY,
            _ => {}
        }
    }
}

/// That order and kept rows are what the rule makes of the scores found, in 64-bit arithmetic.
fn check(found: &Run, valid: &[bool], options: &Options, kept: usize) {
    let present = valid.iter().filter(|v| **v).count();
    let scores = found.scores();
    let order = twin::rank(&scores, valid, Mode::Solve, options.rule, options.seed);
    assert!(found.order() == order, "{options:?}: order");
    let (rule, seed) = (options.rule, options.seed);
    let mut expected = twin::keep(&order, present, kept, Mode::Solve, rule, seed);
    if options.order == Order::Ascending {
        expected.sort_unstable();
    }
    assert!(found.kept == expected, "{options:?}: kept");
    let status = &found.status;
    let told = (status.rows, status.valid, status.kept);
    assert_eq!(told, (valid.len() as u32, present as u32, kept as u32));
    let spoiled = status.flags().contains(Flags::INVALID_ROWS);
    assert_eq!(spoiled, present < valid.len());
}

#[test]
fn random_takes_hundreds_of_thousands_of_rows_in_one_call() {
    const ROWS: usize = 200_000;
    const COLUMNS: usize = 4;
    let mut data = Noise(5).signed(ROWS, COLUMNS);
    spoil(&mut data, COLUMNS);
    let (_, valid) = twin::normalize(&data, COLUMNS);
    for order in Order::ALL {
        let options = Options::default().rule(Rule::Random).order(*order).seed(11);
        let found = run(&data, COLUMNS, &options, Keep::Count(70_000));
        let flags: Vec<u32> = found.buffer("valid", ROWS);
        assert!(flags.iter().zip(&valid).all(|(f, v)| *f == u32::from(*v)));
        check(&found, &valid, &options, 70_000);
        let again = run(&data, COLUMNS, &options, Keep::Count(70_000));
        assert!(again.kept == found.kept, "{order}: a second run differs");
    }
}

/// A graph, its Fiedler vector, and then the kernels for many rows.
#[test]
fn a_solved_batch_beyond_4096_rows_is_sorted() {
    const ROWS: usize = 4200;
    const COLUMNS: usize = 8;
    let mut data = Noise(6).features(ROWS, COLUMNS);
    spoil(&mut data, COLUMNS);
    let (_, valid) = twin::normalize(&data, COLUMNS);
    for (rule, order) in [
        (Rule::Stratified, Order::Ascending),
        (Rule::Quantile, Order::Rank),
    ] {
        let options = Options::default().rule(rule).order(order);
        let found = run(&data, COLUMNS, &options, Keep::Count(1000));
        assert!(found.status.steps > 0, "{}", found.status.flags());
        check(&found, &valid, &options, 1000);
    }
}

/// A workspace for many rows serves calls of few, and of as many as the bound between them.
#[test]
fn a_large_workspace_takes_small_calls() {
    const COLUMNS: usize = 3;
    let mut data = Noise(7).signed(5000, COLUMNS);
    spoil(&mut data, COLUMNS);
    let (_, valid) = twin::normalize(&data, COLUMNS);
    let features = upload(bytemuck::cast_slice(&data));
    let options = Options::default().rule(Rule::Random);
    let selector = Selector::new(&gpu().device, &options).unwrap();
    for (rows, dispatches) in [(100, 4), (4096, 4), (4097, 19), (5000, 19)] {
        let batch = selector
            .prepare(Shape {
                rows: 5000,
                features: COLUMNS,
            })
            .unwrap();
        assert_eq!(batch.dispatches(rows), dispatches);
        let found = run_on(
            batch,
            Features::new(&features).rows(rows),
            rows,
            Keep::Count(rows / 3),
        );
        check(&found, &valid[..rows], &options, rows / 3);
    }
}

/// Rows of a bank that a list names, one in seven of them beyond the bank.
#[test]
fn random_takes_listed_rows() {
    const BANK: usize = 300;
    const COLUMNS: usize = 20;
    let mut data = Noise(9).signed(BANK, COLUMNS);
    spoil(&mut data, COLUMNS);
    let (_, usable) = twin::normalize(&data, COLUMNS);
    let list: Vec<u32> = (0..5000u32).map(|i| i * 37 % 350).collect();
    let valid: Vec<bool> = list
        .iter()
        .map(|&row| usable.get(row as usize) == Some(&true))
        .collect();
    let (bank, list) = (
        upload(bytemuck::cast_slice(&data)),
        upload(bytemuck::cast_slice(&list)),
    );
    let options = Options::default().rule(Rule::Random);
    let shape = Shape {
        rows: valid.len(),
        features: COLUMNS,
    };
    let selector = Selector::new(&gpu().device, &options).unwrap();
    let batch = selector.prepare(shape).unwrap();
    let features = Features::new(&bank).picked_by(&list, 0, BANK);
    let found = run_on(batch, features, valid.len(), Keep::Count(999));
    check(&found, &valid, &options, 999);
}

/// Keeping all rows lists them by number, and keeping more than are valid lists those first.
#[test]
fn many_rows_are_kept_in_index_order_where_nothing_is_chosen() {
    const ROWS: usize = 20_000;
    let mut data = Noise(8).signed(ROWS, 2);
    spoil(&mut data, 2);
    let (_, valid) = twin::normalize(&data, 2);
    let options = Options::default().rule(Rule::Random).order(Order::Rank);
    let all = run(&data, 2, &options, Keep::Count(ROWS));
    assert!(all.kept == (0..ROWS as u32).collect::<Vec<_>>());
    let most = run(&data, 2, &options, Keep::Count(ROWS - 10));
    let by_validity = twin::rank(&vec![0.0; ROWS], &valid, Mode::IndexOrder, Rule::Random, 0);
    assert!(most.kept == by_validity[..ROWS - 10]);
    assert!(most.status.flags().contains(Flags::FEW_VALID));
}

/// Without a graph a workspace holds a few words a row; with one, what the dense path cannot bind
/// is refused by its bytes.
#[test]
fn a_million_rows_fit_where_no_graph_is_needed() {
    let shape = Shape {
        rows: 1_000_000,
        features: 4,
    };
    let bytes = |rule| {
        let options = Options::default().rule(rule).path(gstds::Path::Dense);
        let selector = Selector::new(&gpu().device, &options).unwrap();
        selector.workspace_bytes(shape).unwrap()
    };
    // Validity, scores, order, marks, kept rows, two of keys, counts of digits, two scale factors.
    let random = bytes(Rule::Random);
    assert!((36_000_000..37_000_000).contains(&random), "{random}");
    assert!(bytes(Rule::Quantile) > 4_000_000_000_000);
}

/// Where a device would bind more bytes than shaders can number, the workspace refuses.
#[test]
fn a_matrix_beyond_32_bits_is_refused_by_its_bytes() {
    let options = Options::default().path(gstds::Path::Dense);
    let selector = Selector::new(&gpu().device, &options).unwrap();
    let shape = Shape {
        rows: gstds::MAX_ROWS,
        features: 1,
    };
    let Err(error) = selector.prepare(shape) else {
        panic!("more bytes than a shader can number were allocated");
    };
    let gstds::Error::DeviceLimit {
        needed, allowed, ..
    } = error
    else {
        panic!("{error}");
    };
    assert!(allowed <= u64::from(u32::MAX), "{allowed}");
    assert!(needed > allowed);
}
