//! The numbers of the rule, see docs/methods/guided.md.

/// Weight of the class term.
pub const CLASS: f64 = 0.5;
/// Weight of the reference term where the gate is open.
pub const REFERENCE: f64 = 2.0;
/// Weight of the age term.
pub const AGE: f64 = 4.0;
/// A vote that is this much more accurate than the learner begins to count.
pub const MARGIN: f64 = 0.05;
/// And counts in full this much later.
pub const OPENING: f64 = 0.1;
/// Share of a class's running loss that each step replaces.
pub const CLASS_RATE: f64 = 0.2;
/// Share of the running accuracy that a step with new rows alone replaces.
pub const ACCURACY_RATE: f64 = 0.05;
/// In the first steps the accuracy is the mean of all steps.
pub const MEAN_STEPS: u64 = 20;
/// The step at which a row was last kept that never was.
pub const NEVER: f32 = -1.0;
