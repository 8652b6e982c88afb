//! The budget that all methods share.

gstds_data::named! {
    /// The quantity that is equal for every method, to within one optimiser step.
    #[derive(Default)]
    Budget, "budget", {
        /// Back-propagated samples.
        #[default]
        Samples = "samples",
        /// Operations, counted from shapes.
        ///
        /// Forward and backward passes, scoring, selection and, unless it is free, the reference's.
        Flops = "flops",
        /// Wall-clock seconds, planned from the pace of a short pilot run.
        ///
        /// Of reference, selection and training; runs are as long as planned, not stopped by the
        /// clock, so that they can be repeated.
        Time = "time",
    }
}

impl Budget {
    /// An amount of it, as text.
    #[must_use]
    pub fn amount(self, amount: f64) -> String {
        match self {
            Self::Samples => format!("{amount:.0} back-propagated samples"),
            Self::Flops => format!("{:.4}e9 operations", amount / 1e9),
            Self::Time => format!("{amount:.1} s"),
        }
    }
}
