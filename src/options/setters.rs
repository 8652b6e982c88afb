//! One method a field, for options that are written in one expression.

use super::{Affinity, GramSchmidt, Laplacian, Options, Order, Path, Rule, Solver, Storage};

macro_rules! setters {
    ($($field:ident: $type:ty,)+) => {
        impl Options {
            $(
                #[doc = concat!(
                    "The options with [`", stringify!($field), "`](field@Options::",
                    stringify!($field), ") of this value; checked by ",
                    "[`Selector::new`](crate::Selector::new).",
                )]
                #[must_use]
                pub fn $field(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )+
        }
    };
}

setters! {
    affinity: Affinity,
    tau: f64,
    neighbours: u32,
    storage: Storage,
    laplacian: Laplacian,
    solver: Solver,
    gram_schmidt: GramSchmidt,
    path: Path,
    rule: Rule,
    order: Order,
    vectors: u32,
    strict: bool,
    seed: u64,
}

impl Options {
    /// The options with at most this many solver steps ([`steps`](field@Options::steps)); `None`
    /// is the default. Checked by [`Selector::new`](crate::Selector::new).
    #[must_use]
    pub fn steps(mut self, steps: impl Into<Option<u32>>) -> Self {
        self.steps = steps.into();
        self
    }
}
