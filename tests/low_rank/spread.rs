//! A solver step over so many rows that it is spread over workgroups, against float64.

use super::{Run, fixture_a, gpu, low_rank, run, run_on, upload};
use gstds::{Features, Flags, Keep, Laplacian, twin};

const ROWS: usize = 9001;
const COLUMNS: usize = 32;

/// Fixture A with a row of NaN and a row of zeros.
fn features() -> Vec<f32> {
    let mut data = fixture_a(ROWS, COLUMNS);
    data[17 * COLUMNS] = f32::NAN;
    data[5000 * COLUMNS..5001 * COLUMNS].fill(0.0);
    data
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// W - (D - d_min I) in float64, without W.
struct Operator {
    unit: Vec<f64>,
    valid: Vec<bool>,
    degree: Vec<f64>,
    smallest: f64,
}

impl Operator {
    fn new(data: &[f32]) -> Self {
        let (unit, valid) = twin::normalize(data, COLUMNS);
        let ones: Vec<f64> = valid.iter().map(|v| f64::from(u8::from(*v))).collect();
        let sums = twin::weighted_row_sum(&unit, COLUMNS, &ones);
        let degree = twin::row_products(&unit, COLUMNS, &sums);
        let of_valid = degree.iter().zip(&valid).filter(|(_, valid)| **valid);
        let smallest = of_valid.map(|(d, _)| *d).fold(f64::INFINITY, f64::min);
        Self {
            unit,
            valid,
            degree,
            smallest,
        }
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let sums = twin::weighted_row_sum(&self.unit, COLUMNS, x);
        let mut image = twin::row_products(&self.unit, COLUMNS, &sums);
        for (i, entry) in image.iter_mut().enumerate() {
            *entry -= (self.degree[i] - self.smallest) * x[i];
            *entry *= f64::from(u8::from(self.valid[i]));
        }
        image
    }

    /// The largest eigenpair beside the trivial one, by sixty steps of Lanczos.
    fn solve(&self) -> (f64, Vec<f64>) {
        let ones = self.valid.iter().map(|v| f64::from(u8::from(*v)));
        let mut basis = vec![ones.collect::<Vec<f64>>()];
        let start = (0..ROWS).map(|i| ((i * 7919) % 1009) as f64 / 1009.0 - 0.5);
        let mut next: Vec<f64> = start.zip(&basis[0]).map(|(x, one)| x * one).collect();
        let norm = dot(&basis[0], &basis[0]).sqrt();
        basis[0].iter_mut().for_each(|x| *x /= norm);
        let (mut alpha, mut beta) = (Vec::new(), Vec::new());
        for _ in 0..60 {
            for vector in [&basis[..], &basis[..]].concat() {
                let along = dot(&vector, &next);
                next.iter_mut()
                    .zip(&vector)
                    .for_each(|(x, v)| *x -= along * v);
            }
            let norm = dot(&next, &next).sqrt();
            if basis.len() > 1 {
                beta.push(norm);
            }
            next.iter_mut().for_each(|x| *x /= norm);
            let image = self.apply(&next);
            alpha.push(dot(&next, &image));
            basis.push(std::mem::replace(&mut next, image));
        }
        let (value, coefficients) = twin::tridiagonal(&alpha, &beta);
        let mut vector = vec![0.0; ROWS];
        for (coefficient, basis) in coefficients.iter().zip(&basis[1..]) {
            let entries = vector.iter_mut().zip(basis);
            entries.for_each(|(x, b)| *x += coefficient * b);
        }
        (value, vector)
    }
}

fn widened(found: &Run, name: &str, count: usize) -> Vec<f64> {
    let values: Vec<f32> = found.buffer(name, count);
    values.into_iter().map(f64::from).collect()
}

#[test]
fn a_spread_step_is_exact_and_repeats_to_the_bit() {
    let data = features();
    let by = low_rank(Laplacian::Un);
    let found = run(&data, COLUMNS, &by, Keep::Ratio(0.25));
    let status = found.status;
    assert_eq!(status.valid as usize, ROWS - 2);
    assert!(!status.flags().contains(Flags::UNCONVERGED), "{status:?}");
    let steps = status.steps as usize;
    assert!((8..64).contains(&steps), "ended after {steps} steps");

    let operator = Operator::new(&data);
    let (value, vector) = operator.solve();
    let lambda2 = operator.smallest - value;
    let error = (f64::from(status.lambda2) - lambda2).abs() / lambda2;
    assert!(error < 1e-5, "{} for {lambda2}", status.lambda2);
    let fiedler = widened(&found, "fiedler", ROWS);
    let overlap = dot(&fiedler, &vector).abs() / dot(&vector, &vector).sqrt();
    assert!((overlap - 1.0).abs() < 1e-4, "overlap {overlap}");

    let leading = ROWS.next_multiple_of(64);
    let basis = widened(&found, "basis", (steps + 1) * leading);
    let vectors: Vec<&[f64]> = basis.chunks(leading).collect();
    for (a, one) in vectors.iter().enumerate() {
        for (b, other) in vectors[..=a].iter().enumerate() {
            let expected = f64::from(u8::from(a == b));
            let found = dot(one, other);
            assert!((found - expected).abs() < 2e-5, "q{a}·q{b} = {found}");
        }
        assert!(one[ROWS..].iter().all(|x| *x == 0.0), "padding of q{a}");
    }

    let scores = found.buffer::<u32>("scores", ROWS);
    let buffer = upload(bytemuck::cast_slice(&data));
    let again = run_on(found.batch, Features::new(&buffer), ROWS, Keep::Ratio(0.25));
    assert_eq!(again.buffer::<u32>("scores", ROWS), scores);
    assert_eq!(again.kept, found.kept);
}

#[test]
fn a_workspace_for_spread_steps_takes_calls_of_few_rows() {
    let (few, data) = (300, features());
    let by = low_rank(Laplacian::Un);
    let alone = run(&data[..few * COLUMNS], COLUMNS, &by, Keep::Count(75));
    let shape = gstds::Shape {
        rows: ROWS,
        features: COLUMNS,
    };
    let selector = gstds::Selector::new(&gpu().device, &by).unwrap();
    let large = selector.prepare(shape).unwrap();
    let added = large.dispatches(ROWS) - large.dispatches(few);
    assert!(added >= 4 * by.solver_steps(), "{added} more dispatches");
    let buffer = upload(bytemuck::cast_slice(&data));
    let features = Features::new(&buffer).rows(few);
    let found = run_on(large, features, few, Keep::Count(75));
    assert_eq!(found.kept, alone.kept);
    assert_eq!(found.status.steps, alone.status.steps);
}
