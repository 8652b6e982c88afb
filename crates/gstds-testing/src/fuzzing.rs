//! The cases of the parsers' fuzz tests.

use proptest::{prelude::ProptestConfig, test_runner::RngSeed};

/// `cases` cases, the same on every machine; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` explore
/// others.
pub fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let asked = |name| std::env::var_os(name).is_some();
    if !asked("PROPTEST_CASES") {
        config.cases = cases;
    }
    if !asked("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(4269);
    }
    config
}
