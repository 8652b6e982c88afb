//! The flags of the rule by which `gstds select` keeps rows.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gstds::{CoverageRule, MAX_VECTORS, Rule};
use gstds_curate::{CoverageRequest, read_rows};

use crate::exit::Failure;

/// How rows are kept: by their scores, or so that they cover the pool.
#[derive(Clone, Copy, Debug, PartialEq)]
enum PoolRule {
    Score(Rule),
    Coverage(CoverageRule),
}

impl PoolRule {
    const DEFAULT: Self = Self::Score(Rule::Quantile);

    fn all() -> impl Iterator<Item = Self> {
        let coverage = CoverageRule::ALL.iter().copied().map(Self::Coverage);
        coverage.chain(Rule::ALL.iter().copied().map(Self::Score))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Score(rule) => rule.name(),
            Self::Coverage(rule) => rule.name(),
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct RuleArgs {
    /// Rule that keeps rows.
    ///
    /// medoids, facility-location and k-center choose rows that cover the pool. medoids takes the
    /// row in the middle of each spectral cluster; facility-location adds, one by one, the row that
    /// brings all rows closest to a kept one; k-center the row farthest from those kept, which are
    /// outliers. The others read one score a row, along the Fiedler vector: quantile and stratified
    /// cover the scores evenly. signed and abs keep extremes, which cost accuracy in our trials;
    /// balanced keeps both ends and abs-small the middle. Compare with random before relying on any
    /// of these.
    #[arg(long, default_value = PoolRule::DEFAULT.name(), value_parser = rules())]
    rule: PoolRule,
    /// Eigenvectors that --rule medoids clusters rows by, 2 to 32 [default: rows to keep less one,
    /// in that range].
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(2..=i64::from(MAX_VECTORS)))]
    vectors: Option<u32>,
    /// Keep rows beside those that were chosen before, by the rules medoids, facility-location and
    /// k-center.
    ///
    /// The file has row numbers, counted from 0: a .npy, a .json as select writes it, or text with
    /// one a line. These rows are not kept again, and rows like them are covered already.
    #[arg(long, value_name = "FILE")]
    pub(crate) already: Option<PathBuf>,
}

impl RuleArgs {
    /// The rule among those that read scores; the default where none of them is chosen.
    pub(crate) fn by_score(&self) -> Rule {
        match self.rule {
            PoolRule::Score(rule) => rule,
            PoolRule::Coverage(_) => Rule::default(),
        }
    }

    /// What the rules of coverage need, where one is chosen.
    pub(crate) fn coverage(&self) -> Result<Option<CoverageRequest>, Failure> {
        let rule = match self.rule {
            PoolRule::Coverage(rule) => rule,
            PoolRule::Score(_) => return self.without_coverage().map(|()| None),
        };
        if self.vectors.is_some() && rule != CoverageRule::Medoids {
            return Err(Failure::Usage(format!(
                "--vectors is for --rule medoids; leave it out under --rule {rule}"
            )));
        }
        let already = self.already.as_deref().map(read_rows);
        Ok(Some(CoverageRequest {
            rule,
            vectors: self.vectors,
            already: already.transpose()?.unwrap_or_default(),
        }))
    }

    /// That no flag of the coverage rules is given to another.
    fn without_coverage(&self) -> Result<(), Failure> {
        let flags = [
            ("--already", self.already.is_some()),
            ("--vectors", self.vectors.is_some()),
        ];
        match flags.iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(Failure::Usage(format!(
                "{flag} has no effect under --rule {}; use --rule medoids{}, or leave it out",
                self.rule.name(),
                if *flag == "--already" {
                    ", facility-location or k-center"
                } else {
                    ""
                },
            ))),
            None => Ok(()),
        }
    }
}

fn rules() -> impl TypedValueParser<Value = PoolRule> {
    PossibleValuesParser::new(PoolRule::all().map(PoolRule::name)).try_map(|text| {
        let rule = PoolRule::all().find(|rule| rule.name() == text);
        rule.ok_or("not one of the choices")
    })
}
