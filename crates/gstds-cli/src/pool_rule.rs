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

/// Rows up to which `auto` takes facility location, whose time grows with their square.
const MOST_COVERED: usize = 16_384;
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
    /// Coverage where the tables of docs/results/pools.md have it above random: while little is
    /// kept. Facility location, or medoids where the pool is large or the graph is the user's.
    fn rule(&self) -> PoolRule {
        let little = self.kept.saturating_mul(10) <= self.rows;
        match self.covering() {
            Some(rule) if little && !self.in_batches => PoolRule::Coverage(rule),
            _ => PoolRule::Score(Rule::Quantile),
        }
    }

    fn covering(&self) -> Option<CoverageRule> {
        if self.rows <= MOST_COVERED && self.has_default_graph() {
            return Some(CoverageRule::FacilityLocation);
        }
        let clustered = self.rows.saturating_mul(self.kept) <= MOST_CLUSTERED;
        let solved = self.graph.solver == Solver::Lanczos
            && self.graph.laplacian == Laplacian::Sym
            && self.graph.path != Path::Fused;
        let fits = self.rows <= MAX_COVERED_ROWS;
        (clustered && solved && fits).then_some(CoverageRule::Medoids)
    }

    /// Facility location reads no flag of the graph, so one that is given asks for another rule.
    fn has_default_graph(&self) -> bool {
        let given = self.graph;
        let default = Options::gstds().rule(given.rule).order(given.order);
        *given == default.seed(given.seed).strict(given.strict)
    }
}

#[derive(clap::Args)]
#[command(next_help_heading = "Rule")]
pub(crate) struct RuleArgs {
    /// Rule that keeps rows.
    ///
    /// auto takes facility-location if at most a tenth of the rows is kept and there are at most
    /// 16,384; medoids if there are more, or if a flag of the graph is given that medoids can use;
    /// else, and under --batch, quantile. On our data facility-location gained 6 to 10 points over
    /// random at 5 rows a class, and 1 to 8 where a tenth is kept.
    ///
    /// facility-location, medoids and k-center choose rows that cover the pool. facility-location
    /// adds, one by one, the row that brings all rows closest to a kept one. medoids takes the row
    /// in the middle of each spectral cluster; if rows × kept rows × --vectors exceeds
    /// 17,179,869,184, it clusters in two levels: first into as many clusters as the square root of
    /// the kept rows, then within each. k-center adds the row farthest from those kept, which are
    /// outliers.
    ///
    /// The other rules read one score a row, along the Fiedler vector: quantile and stratified cover
    /// the scores evenly; signed and abs keep extremes, which cost accuracy in our trials; balanced
    /// keeps both ends and abs-small the middle. Compare with random before relying on any of these.
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
        let rule = match self.rule {
            PoolRule::Auto if self.vectors.is_some() => PoolRule::Coverage(CoverageRule::Medoids),
            PoolRule::Auto if self.already.is_some() => {
                PoolRule::Coverage(budget.covering().unwrap_or(CoverageRule::Medoids))
            }
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
    fn auto_covers_where_little_is_kept() {
        let rule = |rows, kept, in_batches, graph: &Options| {
            let budget = Budget {
                rows,
                kept,
                in_batches,
                graph,
            };
            budget.rule().name()
        };
        let default = Options::gstds().seed(7).order(gstds::Order::Rank);
        assert_eq!(rule(1000, 100, false, &default), "facility-location");
        assert_eq!(rule(1000, 101, false, &default), "quantile");
        assert_eq!(rule(1000, 100, true, &default), "quantile");
        assert_eq!(rule(16_384, 100, false, &default), "facility-location");
        assert_eq!(rule(16_385, 100, false, &default), "medoids");
        assert_eq!(rule(1_000_000, 1_000, false, &default), "medoids");
        assert_eq!(rule(1_000_000, 100_000, false, &default), "quantile");
        let exp = default.clone().affinity(gstds::Affinity::Exp);
        assert_eq!(rule(1000, 100, false, &exp), "medoids");
        assert_eq!(rule(1000, 10, false, &Options::saln()), "quantile");
        let fused = default.path(Path::Fused);
        assert_eq!(rule(200, 10, false, &fused), "quantile");
    }
}
