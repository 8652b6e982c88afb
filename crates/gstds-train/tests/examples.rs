//! The examples run.

#[allow(dead_code)]
#[path = "../examples/own_loop.rs"]
mod own_loop;

#[test]
fn a_loop_around_a_method_and_a_schedule_learns() {
    let losses = own_loop::train().unwrap();
    assert_eq!(losses.len(), 3);
    assert!(losses[2] < losses[0], "{losses:?}");
}
