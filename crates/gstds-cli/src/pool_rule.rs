//! The flags of the rule by which `gstds select` keeps rows.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gstds::{CoverageRule, Laplacian, MAX_COVERED_ROWS, MAX_VECTORS, Options, Path, Rule, Solver};
use gstds_curate::{CoverageRequest, read_rows};

use crate::exit::Failure;

/// How rows are kept: by their scores, or so that they cover the pool.
#[derive(Clone, Copy, Debug, PartialEq)]
enum PoolRule {
    /// By what is kept of the pool.
    Auto,
    Score(Rule),
    Coverage(CoverageRule),
}

impl PoolRule {
    fn all() -> impl Iterator<Item = Self> {
        let coverage = CoverageRule::ALL.iter().copied().map(Self::Coverage);
        let all = [Self::Auto].into_iter().chain(coverage);
        all.chain(Rule::ALL.iter().copied().map(Self::Score))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Score(rule) => rule.name(),
            Self::Coverage(rule) => rule.name(),
        }
    }
}

/// Rows times rows kept up to which `auto` clusters rows.
const MOST_CLUSTERED: usize = 1 << 30;

/// What `auto` decides by.
pub(crate) struct Budget<'a> {
    pub(crate) rows: usize,
    pub(crate) kept: usize,
    /// Whether the rows are divided into batches.
    pub(crate) in_batches: bool,
    pub(crate) graph: &'a Options,
}

impl Budget<'_> {
    /// Medoids where the table of docs/results/pools.md has them above random: while little is
    /// kept; and where their solve and clusters cost no more than a selection may.
    fn rule(&self) -> PoolRule {
        let little = self.kept.saturating_mul(10) <= self.rows;
        let clustered = self.rows.saturating_mul(self.kept) <= MOST_CLUSTERED;
        let solved = self.graph.solver == Solver::Lanczos
            && self.graph.laplacian == Laplacian::Sym
            && self.graph.path != Path::Fused;
        let fits = self.rows <= MAX_COVERED_ROWS && !self.in_batches;
        match little && clustered && solved && fits {
            true => PoolRule::Coverage(CoverageRule::Medoids),
            false => PoolRule::Score(Rule::Quantile),
        }
    }
}

#[derive(clap::Args)]
#[command(next_help_heading = "Rule")]
pub(crate) struct RuleArgs {
    /// Rule that keeps rows.
    ///
    /// auto is medoids where at most a tenth of the rows is kept, unless batches divide them, the
    /// graph's flags name what medoids do not take, or there are more than 1,073,741,824 pairs of a
    /// row and a kept one; else quantile. On our data medoids and facility-location gained 8 points
    /// over random at 5 rows a class and 1 at a tenth kept; beyond, compare with random.
    ///
    /// medoids, facility-location and k-center choose rows that cover the pool. medoids takes the
    /// row in the middle of each spectral cluster; where rows times rows kept times --vectors are
    /// more than 17,179,869,184, of clusters within as many clusters as the root of the rows kept.
    /// facility-location adds, one by one, the row that brings all rows closest to a kept one;
    /// k-center the row farthest from those kept, which are outliers. The others read one score a
    /// row, along the Fiedler vector: quantile and stratified cover the scores evenly. signed and
    /// abs keep extremes, which cost accuracy in our trials; balanced keeps both ends and abs-small
    /// the middle. Compare with random before relying on any of these.
    #[arg(long, default_value = PoolRule::Auto.name(), value_parser = rules())]
    rule: PoolRule,
    /// Eigenvectors that rule medoids clusters by.
    ///
    /// From 2 to 32 [default: rows to keep less one, in that range].
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(2..=i64::from(MAX_VECTORS)))]
    vectors: Option<u32>,
    /// Keep rows beside those that this file names.
    ///
    /// For the rules medoids, facility-location and k-center. The file has row numbers, counted
    /// from 0: a .npy, a .json as select writes it, or text with one a line. These rows are not
    /// kept again, and rows like them are covered already.
    #[arg(long, value_name = "FILE")]
    pub(crate) already: Option<PathBuf>,
}

impl RuleArgs {
    /// The rule among those that read scores; the default where none of them is chosen.
    pub(crate) fn by_score(&self) -> Rule {
        match self.rule {
            PoolRule::Score(rule) => rule,
            PoolRule::Auto | PoolRule::Coverage(_) => Rule::default(),
        }
    }

    /// What the rules of coverage need, where one is chosen.
    pub(crate) fn coverage(&self, budget: &Budget<'_>) -> Result<Option<CoverageRequest>, Failure> {
        let is_medoids = self.vectors.is_some() || self.already.is_some();
        let rule = match self.rule {
            PoolRule::Auto if is_medoids => PoolRule::Coverage(CoverageRule::Medoids),
            PoolRule::Auto => budget.rule(),
            rule => rule,
        };
        let rule = match rule {
            PoolRule::Coverage(rule) => rule,
            PoolRule::Auto | PoolRule::Score(_) => return self.without_coverage().map(|()| None),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_medoids_where_little_is_kept() {
        let rule = |rows, kept, in_batches, graph: &Options| {
            let budget = Budget {
                rows,
                kept,
                in_batches,
                graph,
            };
            budget.rule().name()
        };
        let sym = Options::gstds();
        assert_eq!(rule(1000, 100, false, &sym), "medoids");
        assert_eq!(rule(1000, 101, false, &sym), "quantile");
        assert_eq!(rule(1000, 100, true, &sym), "quantile");
        assert_eq!(rule(1000, 10, false, &Options::saln()), "quantile");
        let fused = sym.clone().path(Path::Fused);
        assert_eq!(rule(200, 10, false, &fused), "quantile");
        assert_eq!(rule(1_000_000, 1_000, false, &sym), "medoids");
        assert_eq!(rule(1_000_000, 100_000, false, &sym), "quantile");
    }
}
