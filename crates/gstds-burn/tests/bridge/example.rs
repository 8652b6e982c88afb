//! The example of a hand-written loop, as it is.

use crate::data::device;

#[path = "../../examples/training_loop.rs"]
#[allow(dead_code, reason = "the example's own main")]
mod training_loop;

#[test]
fn the_loop_of_the_example_learns_and_stays_short() {
    let losses = training_loop::train(device(), 20).unwrap();
    assert_eq!(losses.len(), 20);
    let of = |losses: &[f32]| losses.iter().sum::<f32>() / losses.len() as f32;
    let (first, last) = (of(&losses[..5]), of(&losses[15..]));
    assert!(last < 0.7 * first, "{first} -> {last}: {losses:?}");

    let lines = include_str!("../../examples/training_loop.rs").lines();
    assert!(lines.count() < 60, "a hand-written loop fits a page");
}
