//! The tests of small batches once more on the dense path, which auto leaves to larger ones.
#![allow(
    clippy::duplicate_mod,
    reason = "each file of tests brings its own support along"
)]

#[path = "contract.rs"]
mod contract;
#[path = "degenerate.rs"]
mod degenerate;
#[path = "fixtures.rs"]
mod fixtures;
