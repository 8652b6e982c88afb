//! The terms that `guided` adds up.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

gstds_data::named! {
    /// A term of the scores of `guided`.
    GuideTerm, "guide term", {
        /// The loss of a row's label under the vote of its neighbours.
        Reference = "reference",
        /// How much larger the learner's loss on kept rows of the same class is than that of the vote.
        Class = "class",
        /// How long ago the row, or a copy of it, was kept.
        Age = "age",
    }
}

/// Terms of the scores of `guided`, each once; as a text, a list such as `reference,class,age`, or
/// `none`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct GuideTerms(Vec<GuideTerm>);

impl GuideTerms {
    /// Whether the term is among them.
    #[must_use]
    pub fn has(&self, term: GuideTerm) -> bool {
        self.0.contains(&term)
    }
}

impl Default for GuideTerms {
    /// All of them.
    fn default() -> Self {
        Self(GuideTerm::ALL.to_vec())
    }
}

impl fmt::Display for GuideTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let names: Vec<&str> = self.0.iter().map(|term| term.name()).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for GuideTerms {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let named: Result<Vec<GuideTerm>, _> = text.split(',').map(str::parse).collect();
        let named = named?;
        let all = GuideTerm::ALL.iter().copied();
        Ok(Self(all.filter(|term| named.contains(term)).collect()))
    }
}

impl From<GuideTerms> for String {
    fn from(terms: GuideTerms) -> Self {
        terms.to_string()
    }
}

impl TryFrom<String> for GuideTerms {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_go_by_their_names_in_any_order_and_once() {
        for (text, stored) in [
            ("reference,class,age", "reference,class,age"),
            ("age,reference,age", "reference,age"),
            ("none", "none"),
        ] {
            let terms: GuideTerms = text.parse().unwrap();
            assert_eq!(terms.to_string(), stored);
            assert_eq!(stored.parse::<GuideTerms>().unwrap(), terms);
        }
        assert_eq!(GuideTerms::default().to_string(), "reference,class,age");
        let message = "age,size".parse::<GuideTerms>().unwrap_err().to_string();
        assert!(
            message.contains("size") && message.contains("reference"),
            "{message}"
        );
    }
}
