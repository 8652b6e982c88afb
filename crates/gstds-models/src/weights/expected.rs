//! What a network needs of a weights file, and how a file differs from it.

use super::found::Found;
use crate::error::WeightProblems;
use std::collections::{BTreeMap, BTreeSet};

/// An extent that every size fits, such as the number of classes.
pub(crate) const ANY: usize = usize::MAX;

/// Names and shapes of tensors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Must be there.
    pub(crate) required: Vec<(String, Vec<usize>)>,
    /// All of them are there or none, such as weight and bias of a classifier.
    pub(crate) optional: Vec<(String, Vec<usize>)>,
}

impl<T: AsRef<[(String, Vec<usize>)]> + ?Sized> From<&T> for Expected {
    /// All required.
    fn from(required: &T) -> Self {
        Self {
            required: required.as_ref().to_vec(),
            optional: Vec::new(),
        }
    }
}

impl Expected {
    /// What is missing from `found`, what is too much, and what has another shape or type.
    pub(super) fn differences(&self, found: &BTreeMap<String, Found<'_>>) -> WeightProblems {
        let any = self
            .optional
            .iter()
            .any(|(name, _)| found.contains_key(name));
        let optional = if any { self.optional.as_slice() } else { &[] };
        let mut problems = WeightProblems::default();
        for (name, shape) in self.required.iter().chain(optional) {
            match found.get(name) {
                None => problems.missing.push(name.clone()),
                Some(tensor) if !fits(&tensor.shape, shape) => problems.different.push(format!(
                    "{name}: shape {:?}, expected {}",
                    tensor.shape,
                    shown(shape)
                )),
                Some(tensor) if !tensor.is_readable() => problems.different.push(format!(
                    "{name}: {:?}, expected F32, F64, F16 or BF16",
                    tensor.element
                )),
                Some(_) => {}
            }
        }
        let wanted: BTreeSet<&str> = self
            .required
            .iter()
            .chain(optional)
            .map(|(name, _)| name.as_str())
            .collect();
        problems.unexpected = found
            .keys()
            .filter(|name| !wanted.contains(name.as_str()))
            .cloned()
            .collect();
        problems
    }

    /// Whether a file with these tensors is one of this network.
    pub(crate) fn fits(&self, found: &BTreeMap<String, Found<'_>>) -> bool {
        self.differences(found).is_empty()
    }
}

fn fits(found: &[usize], expected: &[usize]) -> bool {
    let same = |(found, expected): (&usize, &usize)| *expected == ANY || found == expected;
    found.len() == expected.len() && found.iter().zip(expected).all(same)
}

fn shown(shape: &[usize]) -> String {
    let extents: Vec<String> = shape
        .iter()
        .map(|extent| match *extent {
            ANY => "any".into(),
            extent => extent.to_string(),
        })
        .collect();
    format!("[{}]", extents.join(", "))
}
