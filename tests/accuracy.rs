//! Overlap with float64, as the numerics page asks: fixture A, synthetic ReLU features, and the
//! reference features of the embedded images where the repository's assets are present.

mod support;

use gstds::{Keep, Laplacian, Options, Rule, twin};
use support::{Noise, fixture_a, overlap, run};

/// Steps of one dispatch (tests/delayed.rs) are tried up to 1,000 rows: at 4,096 rows of `un`, of
/// which f32 can tell few apart, a quantile pick on the dense path may be two ranks off by either
/// kind of step (docs/decisions/0003-solver.md).
fn sizes() -> &'static [usize] {
    match env!("CARGO_CRATE_NAME") {
        "delayed" => &[64, 256, 1000],
        _ => &[64, 256, 1000, 4096],
    }
}

struct Graph<'a> {
    name: &'a str,
    data: &'a [f32],
    columns: usize,
    valid: Vec<bool>,
    similarity: Vec<f64>,
}

impl<'a> Graph<'a> {
    fn new(name: &'a str, data: &'a [f32], columns: usize) -> Self {
        let (unit, valid) = twin::normalize(data, columns);
        let similarity = twin::similarity(&unit, columns);
        Self {
            name,
            data,
            columns,
            valid,
            similarity,
        }
    }

    fn check(&self, laplacian: Laplacian) {
        let n = self.valid.len();
        let kept = n / 4;
        let options = Options::default().laplacian(laplacian).rule(Rule::Signed);
        let found = run(self.data, self.columns, &options, Keep::Count(kept));
        let operator = twin::laplacian(&self.similarity, &self.valid, &options, kept);
        let (value, fiedler) = twin::ritz(&twin::lanczos(&operator, n - 1, 1e-12));
        let exact = twin::score(&operator, value, &fiedler);
        let lambda2 = if operator.symmetric {
            1.0 - value
        } else {
            -value
        };
        let label = format!("{} n {n} {laplacian}", self.name);

        let error = (f64::from(found.status.lambda2) - lambda2).abs() / lambda2;
        assert!(error <= 1e-5, "{label}: lambda2 off by {error:e}");
        let residual = found.status.residual;
        assert!(residual <= 1e-6, "{label}: residual {residual:e}");
        let (steps, limit) = (found.status.steps, options.solver_steps());
        assert!(steps < limit, "{label}: {steps} steps, no early end");
        let scores = found.scores();
        let mode = operator.mode;
        for rule in [Rule::Signed, Rule::Abs] {
            let picks = |order: &[u32]| twin::keep(order, n, kept, mode, rule, 0);
            let ours = picks(&twin::rank(&scores, &self.valid, mode, rule, 0));
            let theirs = picks(&twin::rank(&exact, &self.valid, mode, rule, 0));
            let share = overlap(&ours, &theirs);
            println!(
                "{label}: {rule} overlap {share:.4}, {} steps, residual {:.1e}",
                found.status.steps, found.status.residual
            );
            let least = if n >= 256 {
                0.99
            } else {
                1.0 - 1.0 / kept as f64
            };
            assert!(share >= least, "{label}: {rule} overlap {share}");
        }
        let furthest = self.furthest_quantile_pick(&found.order(), &exact, kept, mode);
        println!("{label}: quantile picks within {furthest} ranks");
        assert!(
            furthest <= 1,
            "{label}: a quantile pick is {furthest} ranks off"
        );
    }

    /// Ranks between the quantile picks of the order found and their places in the exact order.
    fn furthest_quantile_pick(
        &self,
        found: &[u32],
        exact: &[f64],
        kept: usize,
        mode: twin::Mode,
    ) -> usize {
        let n = found.len();
        let order = twin::rank(exact, &self.valid, mode, Rule::Quantile, 0);
        let mut place = vec![0; n];
        order
            .iter()
            .enumerate()
            .for_each(|(rank, row)| place[*row as usize] = rank);
        let target = |pick: usize| (2 * pick + 1) * n / (2 * kept);
        let off = |pick: usize| place[found[target(pick)] as usize].abs_diff(target(pick));
        (0..kept).map(off).max().unwrap_or(0)
    }
}

fn check_both(name: &str, data: &[f32], columns: usize) {
    let graph = Graph::new(name, data, columns);
    for laplacian in Laplacian::ALL {
        graph.check(*laplacian);
    }
}

#[test]
fn fixture_a_agrees_with_float64() {
    for &n in sizes() {
        check_both("fixture A", &fixture_a(n, 32), 32);
    }
}

#[test]
fn synthetic_features_agree_with_float64() {
    for &n in sizes() {
        check_both("synthetic", &Noise(n as u64).features(n, 64), 64);
    }
}

#[test]
fn reference_features_agree_with_float64() {
    let path =
        support::root().join("crates/gstds-models/assets/fashion-mnist-features.safetensors");
    let Ok(file) = std::fs::read(&path) else {
        println!("skipped: the repository's assets are not part of the package");
        return;
    };
    let tensors = safetensors::SafeTensors::deserialize(&file).unwrap();
    let (_, bank) = tensors.iter().next().expect("one tensor");
    let columns = bank.shape()[1];
    let halves = bank.data().chunks_exact(2);
    let features: Vec<f32> = halves
        .map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32())
        .collect();
    for &n in sizes() {
        check_both("embedded", &features[..n * columns], columns);
    }
}
