//! Lanczos steps of one dispatch, which software adapters take only where asked: the tests of small
//! batches and of the dense path once more with them, and against steps of two dispatches.
#![allow(
    clippy::duplicate_mod,
    reason = "each file of tests brings its own support along"
)]

#[path = "accuracy.rs"]
mod accuracy;
#[path = "degenerate.rs"]
mod degenerate;
#[path = "fixtures.rs"]
mod fixtures;
#[path = "kernels.rs"]
mod kernels;
#[path = "matrix.rs"]
mod matrix;
#[path = "outcomes.rs"]
mod outcomes;
#[path = "spectrum.rs"]
mod spectrum;
#[path = "delayed/steps.rs"]
mod steps;
#[path = "storage.rs"]
mod storage;
mod support;
