//! The kernels of scores, order and rule.

use super::*;

/// λ2 within 1e-5 and the score vector within a small angle of the twin's, where it is unique.
#[test]
fn fiedler_and_scores() {
    for solver in Solver::ALL {
        for laplacian in Laplacian::ALL {
            let options = Options::default().solver(*solver).laplacian(*laplacian);
            let mut compared = 0;
            cases(&options, |case| {
                compared += usize::from(check_scores(case, &options));
            });
            assert!(
                compared >= 8,
                "{solver} {laplacian}: {compared} vectors compared"
            );
        }
    }
}

/// Whether the vector is determined well enough to have been compared.
fn check_scores(case: &Case, options: &Options) -> bool {
    let flags = case.found.status.flags();
    if case.operator.mode != Mode::Solve || flags.contains(gstds::Flags::UNCONVERGED) {
        return false;
    }
    let relation = twin::lanczos(&case.operator, case.valid.len(), 1e-12);
    let (value, fiedler) = twin::ritz(&relation);
    let symmetric = options.laplacian == Laplacian::Sym;
    let lambda2 = if symmetric { 1.0 - value } else { -value };
    let scale = if symmetric {
        1.0
    } else {
        case.operator.degree_range().1
    };
    let label = format!(
        "{} rows, {}, {}",
        case.valid.len(),
        options.solver,
        options.laplacian
    );
    let slack = if options.solver == Solver::Power {
        1e-4
    } else {
        1e-5
    };
    assert_near(
        case.found.status.lambda2,
        lambda2,
        slack * lambda2.max(1e-1 * scale),
        &label,
    );
    if !is_isolated(&relation, scale) {
        return false;
    }
    let expected = twin::score(&case.operator, value, &fiedler);
    let dot: f64 = case
        .found
        .scores()
        .iter()
        .zip(&expected)
        .map(|(a, b)| f64::from(*a) * b)
        .sum();
    let closeness = if options.solver == Solver::Power {
        dot.abs()
    } else {
        dot
    };
    assert!(closeness > 0.999, "{label}: scores at an angle, dot {dot}");
    true
}

/// Order and kept rows are exactly what the rule makes of the scores that the GPU found.
#[test]
fn rank_and_keep() {
    for rule in Rule::ALL {
        let options = Options::default().rule(*rule).seed(0x1234_5678_9abc);
        cases(&options, |case| {
            let valid = &case.valid;
            let present = valid.iter().filter(|v| **v).count();
            let kept_count = (valid.len() / 4).max(1);
            let mode = if *rule == Rule::Random && present > kept_count.max(2) {
                Mode::Solve
            } else {
                case.operator.mode
            };
            let scores = case.found.scores();
            let order = twin::rank(&scores, valid, mode, *rule, options.seed);
            assert_eq!(
                case.found.order(),
                order,
                "{rule}: order of {} rows",
                valid.len()
            );
            let mut kept = twin::keep(&order, present, kept_count, mode, *rule, options.seed);
            kept.sort_unstable();
            assert_eq!(
                case.found.kept,
                kept,
                "{rule}: kept of {} rows",
                valid.len()
            );
        });
    }
}
