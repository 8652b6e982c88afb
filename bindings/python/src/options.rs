//! Options by the names that they have in Python and in the program's flags.

use std::str::FromStr;

use gstds::{Keep, Options, Rule};
use gstds_curate::CoverageRequest;
use pyo3::prelude::*;

use crate::error::from_gstds;

/// Graph, solver and rule, from a mapping with these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct GraphOptions {
    rule: String,
    affinity: String,
    tau: f64,
    neighbours: u32,
    laplacian: String,
    solver: String,
    gram_schmidt: String,
    steps: Option<u32>,
    path: String,
    storage: String,
    vectors: u32,
    seed: u64,
    strict: bool,
}

impl GraphOptions {
    /// Rows that cover the others, where the rule is one that chooses such, beside `already`. One
    /// vector stands for as many as the rule finds best.
    pub(crate) fn coverage(&self, already: &[u32]) -> Option<CoverageRequest> {
        Some(CoverageRequest {
            rule: self.rule.parse().ok()?,
            vectors: (self.vectors > 1).then_some(self.vectors),
            already: already.to_vec(),
        })
    }

    /// The preset `gstds` with these options; of a rule of coverage, all but rule and vectors.
    ///
    /// # Errors
    /// A name that is not among the choices.
    pub(crate) fn of_pool(mut self) -> PyResult<Options> {
        if self.coverage(&[]).is_some() {
            self.rule = Rule::default().name().into();
            self.vectors = 1;
        }
        self.options()
    }

    /// The preset `gstds` with these options.
    ///
    /// # Errors
    /// A name that is not among the choices.
    pub(crate) fn options(self) -> PyResult<Options> {
        Ok(Options::gstds()
            .rule(named(&self.rule)?)
            .affinity(named(&self.affinity)?)
            .tau(self.tau)
            .neighbours(self.neighbours)
            .laplacian(named(&self.laplacian)?)
            .solver(named(&self.solver)?)
            .gram_schmidt(named(&self.gram_schmidt)?)
            .steps(self.steps)
            .path(named(&self.path)?)
            .storage(named(&self.storage)?)
            .vectors(self.vectors)
            .seed(self.seed)
            .strict(self.strict))
    }
}

fn named<T: FromStr<Err = gstds::Error>>(name: &str) -> PyResult<T> {
    name.parse().map_err(from_gstds)
}

/// How many rows are kept, from a mapping with these keys: the count where there is one, else the
/// ratio.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Amount {
    ratio: Option<f64>,
    count: Option<usize>,
}

impl Amount {
    pub(crate) fn keep(self) -> Keep {
        match (self.count, self.ratio) {
            (Some(count), _) => Keep::Count(count),
            (None, ratio) => Keep::Ratio(ratio.unwrap_or(1.0)),
        }
    }
}
