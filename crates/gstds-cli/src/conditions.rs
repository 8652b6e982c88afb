//! The flags that make the training images hard, for comparisons.

use gstds_data::DatasetConfig;

#[derive(clap::Args)]
#[command(next_help_heading = "Conditions")]
pub(crate) struct ConditionArgs {
    /// Long tail: classes in an order drawn from the seed keep a share of their images that falls
    /// exponentially from 1 to S, above 0 and at most 1. Comes before the other conditions.
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    imbalance: Option<f64>,
    /// Copies: a fifth of the images stands N times each, at least 2, and others make room for them.
    #[arg(long, value_name = "N")]
    duplicate: Option<usize>,
    /// Wrong labels: the share S of rows, from 0 to below 1, gets another class's label; copies
    /// each for themselves.
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    label_noise: Option<f64>,
}

impl ConditionArgs {
    /// Puts the flags that were given over what a configuration says.
    pub(crate) fn apply(&self, data: &mut DatasetConfig) {
        data.imbalance = self.imbalance.or(data.imbalance);
        data.duplicate = self.duplicate.or(data.duplicate);
        data.label_noise = self.label_noise.or(data.label_noise);
    }
}
